// Encrypting bridges once more, on PostgreSQL.
import "../support/postgres/use-postgres.ts";
import "./encrypting-ghosts.test.ts";
