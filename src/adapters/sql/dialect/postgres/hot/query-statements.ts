import type { QueryStatements, RenderedKeyRow } from "../../hot-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";

const deviceKeysText = "SELECT user_id, device_id AS name, rendered FROM device_keys WHERE user_id = ANY ($1::text[])";
const crossSigningKeysText =
  "SELECT user_id, usage AS name, rendered FROM cross_signing_keys WHERE user_id = ANY ($1::text[])";

/** What a query of keys stands on. */
export function queryStatements(runner: StatementRunner): QueryStatements {
  return {
    async listDeviceKeys(userIds) {
      return (await runner.read<RenderedKeyRow>("device_keys.list", deviceKeysText, [userIds])).rows;
    },
    async listCrossSigningKeys(userIds) {
      return (await runner.read<RenderedKeyRow>("cross_signing_keys.list", crossSigningKeysText, [userIds])).rows;
    },
  };
}
