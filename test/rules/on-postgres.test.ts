// The rules once more, on PostgreSQL.
import "../support/postgres/use-postgres.ts";
import "./upload.test.ts";
import "./claim.test.ts";
import "./query.test.ts";
import "./appservice-claims.test.ts";
import "./appservice-queries.test.ts";
import "./appservice-transactions.test.ts";
import "./cross-signing.test.ts";
import "./sync.test.ts";
import "./errors.test.ts";
import "../security/unstorable-texts.test.ts";
