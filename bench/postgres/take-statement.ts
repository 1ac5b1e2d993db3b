import { claimStatements } from "../../src/adapters/sql/dialect/postgres/hot/claim-statements.ts";
import type { QueryResult } from "../../src/adapters/sql/dialect/postgres/postgres-connections.ts";
import type { RunQuery } from "../../src/adapters/sql/dialect/postgres/transaction-batches.ts";
import type { WantedKey } from "../../src/domain/one-time-keys/one-time-key-store.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { algorithm, targetAt, targetInSql } from "./populate.ts";

/** For pgbench: the server's own statement, which takes one key of a random target. */
export async function takeScript(devices: number): Promise<string> {
  const { sql, parameters } = await serverStatement();
  const { userId, deviceId } = targetInSql(":target");
  const values = [userId, deviceId, `'${algorithm}'`, "1"];
  if (parameters.length !== values.length) throw new BrokenBenchmarkError(`The server's statement has changed: ${sql}`);
  const text = sql.replace(/\$(\d)/g, (_, number) => `ARRAY[${values[Number(number) - 1]}]`);
  return `\\set target random(0, ${devices - 1})\n${text}`;
}

/** What the server asks the database for one claim. */
async function serverStatement(): Promise<{ sql: string; parameters: readonly unknown[] }> {
  let asked: { sql: string; parameters: readonly unknown[] } | undefined;
  const query: RunQuery = async <Row>(
    _: string,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<QueryResult<Row>> => {
    asked = { sql, parameters };
    return { rows: [], count: 0, command: "DELETE" };
  };
  const statements = claimStatements({
    read: query,
    write: query,
    together: async (statement, key) => (await statement.run(query, [key]))[0] as never,
  });
  await statements.takeOneTimeKeys([{ target: targetAt(0), algorithm } as WantedKey]);
  if (asked === undefined) throw new BrokenBenchmarkError("The server asks nothing for a claim");
  return asked;
}
