import type { DeviceOwner } from "../../../../../domain/kernel/requester.ts";
import type { AccessTokenRow, RequesterStatements } from "../../hot-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import { forEachKey } from "./for-each.ts";

const findAccessToken = forEachKey<Buffer, AccessTokenRow, AccessTokenRow | undefined>({
  name: "access_tokens.find",
  parameters: { digest: "bytea" },
  select: `SELECT user_id, device_id, expires_at, predecessor_digest FROM access_tokens WHERE digest = asked.digest`,
  values: (digest) => [digest],
  answer: ([row]) => row,
});

const hasDevice = forEachKey<DeviceOwner, unknown, boolean>({
  name: "devices.has",
  parameters: { user_id: "text", device_id: "text" },
  select: "SELECT 1 FROM devices d WHERE d.user_id = asked.user_id AND d.device_id = asked.device_id",
  values: ({ userId, deviceId }) => [userId, deviceId],
  answer: (rows) => rows.length > 0,
});

export function requesterStatements(runner: StatementRunner): RequesterStatements {
  return {
    findAccessToken: (digest) => runner.together(findAccessToken, digest),
    hasDevice: (owner) => runner.together(hasDevice, owner),
  };
}
