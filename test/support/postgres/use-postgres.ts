// Imported first by a test file: its servers use PostgreSQL. The import makes `npm test` start one.
import { sharedCluster } from "./run-cluster.ts";

process.env["TEST_ENGINE"] = "postgres";
await sharedCluster();
