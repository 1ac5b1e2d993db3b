// Syncs of rooms once more, on PostgreSQL.
import "../../support/postgres/use-postgres.ts";
import "./joined-rooms.test.ts";
import "./other-rooms.test.ts";
import "./filters.test.ts";
import "./event-forms.test.ts";
import "./ephemeral.test.ts";
import "./syncs.property.test.ts";
