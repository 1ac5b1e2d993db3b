// Events that others relate to once more, on PostgreSQL.
import "../../support/postgres/use-postgres.ts";
import "./related-by.test.ts";
