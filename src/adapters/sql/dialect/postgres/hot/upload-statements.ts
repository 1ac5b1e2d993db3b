import { StorageInconsistencyError } from "../../../storage-inconsistency-error.ts";
import type { PoolKeyRow, UploadStatements } from "../../hot-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";

const poolText = `SELECT key_id, digest, json FROM one_time_keys
  WHERE user_id = $1 AND device_id = $2 AND key_id = ANY ($3::text[])`;

const knownText = `SELECT digest FROM remembered_keys
  WHERE user_id = $1 AND device_id = $2 AND algorithm = ANY ($3::text[]) AND digest = ANY ($4::bytea[])`;

const insertText = `WITH added AS MATERIALIZED (
    SELECT nextval('upload_orders') AS upload_order, uploaded.*
    FROM unnest($3::text[], $4::bytea[], $5::text[], $6::text[]) AS uploaded(algorithm, digest, key_id, json)),
  pooled AS (
    INSERT INTO one_time_keys (user_id, device_id, algorithm, upload_order, key_id, digest, json)
    SELECT $1, $2, algorithm, upload_order, key_id, digest, json FROM added),
  remembered AS (
    INSERT INTO remembered_keys (user_id, device_id, algorithm, digest, upload_order)
    SELECT $1, $2, algorithm, digest, upload_order FROM added)
  SELECT max(upload_order) AS last FROM added`;

const forgetText = `DELETE FROM remembered_keys WHERE (user_id, device_id, algorithm, digest) IN (
    SELECT user_id, device_id, algorithm, digest FROM remembered_keys AS remembered
    WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 AND NOT EXISTS (
      SELECT 1 FROM one_time_keys AS pool WHERE pool.user_id = remembered.user_id
        AND pool.device_id = remembered.device_id AND pool.algorithm = remembered.algorithm
        AND pool.upload_order = remembered.upload_order)
    ORDER BY upload_order DESC OFFSET $4)`;

/** What an upload of one-time keys stands on. */
export function uploadStatements(runner: StatementRunner): UploadStatements {
  return {
    async listPoolKeys({ userId, deviceId }, keyIds) {
      return (await runner.read<PoolKeyRow>("one_time_keys.pool", poolText, [userId, deviceId, keyIds])).rows;
    },
    async listKnownDigests({ userId, deviceId }, keys) {
      const algorithms = [...new Set(keys.map(({ algorithm }) => algorithm))];
      const digests = keys.map(({ digest }) => digest);
      const parameters = [userId, deviceId, algorithms, digests];
      const { rows } = await runner.read<{ digest: Buffer }>("remembered_keys.find", knownText, parameters);
      return rows.map(({ digest }) => digest);
    },
    async insertOneTimeKeys({ userId, deviceId }, keys) {
      const { rows } = await runner.write<{ last: number | null }>("one_time_keys.insert", insertText, [
        ...[userId, deviceId],
        ...[keys.map(({ algorithm }) => algorithm), keys.map(({ digest }) => digest)],
        ...[keys.map(({ key_id }) => key_id), keys.map(({ json }) => json)],
      ]);
      const last = rows[0]?.last;
      if (typeof last !== "number") throw new StorageInconsistencyError("upload_orders", "last_value", "1");
      return last;
    },
    async forgetIssued({ userId, deviceId }, algorithms, kept) {
      for (const algorithm of algorithms) {
        await runner.write("remembered_keys.forget", forgetText, [userId, deviceId, algorithm, kept]);
      }
    },
  };
}
