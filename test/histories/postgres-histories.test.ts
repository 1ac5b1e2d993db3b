import { test } from "node:test";
import { times } from "../races/effort.ts";
import { postgresDeployment } from "./postgres-deployment.ts";
import { runHistories } from "./run-histories.ts";

for (const processes of [2, 4]) {
  test(`C1, C2, C3, K4, K5, K10, S1, S3, S5, X2, X6, E4: what 45 devices are answered by ${processes} processes over kills and lost connections, with PostgreSQL`, {
    timeout: times * 300_000,
  }, async (t) => {
    const rates = { kill: 500, endConnections: 300 };
    await runHistories(t, await postgresDeployment(processes), { operations: 5000 * times, rates });
  });
}
