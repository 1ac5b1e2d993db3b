// Encrypting bridges in rooms once more, on PostgreSQL.
import "../support/postgres/use-postgres.ts";
import "./ghosts-in-rooms.test.ts";
