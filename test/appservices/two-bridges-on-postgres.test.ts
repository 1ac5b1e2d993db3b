// Two bridges once more, on PostgreSQL.
import "../support/postgres/use-postgres.ts";
import "./two-bridges.test.ts";
