// Key backups once more, on PostgreSQL.
import "../../support/postgres/use-postgres.ts";
import "./versions.test.ts";
import "./keys.test.ts";
