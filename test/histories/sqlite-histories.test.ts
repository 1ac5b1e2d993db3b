import { test } from "node:test";
import { times } from "../races/effort.ts";
import { runHistories } from "./run-histories.ts";
import { sqliteDeployment } from "./sqlite-deployment.ts";

const operations = 5000 * times;

test("C1, C2, C3, K4, K5, K10, S1, S3, S5, X2, X6, E4: what 45 devices are answered over kills, with SQLite", {
  timeout: times * 300_000,
}, async (t) => {
  const rates = { kill: 1000, endConnections: Number.POSITIVE_INFINITY };
  await runHistories(t, sqliteDeployment(), { operations, rates });
});
