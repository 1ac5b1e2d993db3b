import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { LocalKeys } from "../key-directory/merge-proxied-keys.ts";
import { type QueryLocalKeysDeps, queryLocalKeys } from "../key-directory/query-local-keys.ts";
import { answerTime } from "./answer-time.ts";
import { requireLocalUser } from "./require-local-user.ts";

export interface QueryKeysForServerDeps extends QueryLocalKeysDeps {
  readonly serverName: ServerName;
}

/**
 * Device keys and cross-signing keys as other servers may see them: never user-signing keys, nor what they have signed
 * (rule Q3). Every user asked for is in `deviceKeys` (rule Q1).
 *
 * @param request by user: the devices asked for; `[]` means all of them
 * @throws MatrixError 400 `M_INVALID_PARAM` for an id that is none, and for a user of another server (rule C5)
 */
export async function queryKeysForServer(
  deps: QueryKeysForServerDeps,
  request: Readonly<Record<string, readonly string[]>>,
): Promise<LocalKeys> {
  const wanted = new Map<UserId, ReadonlySet<DeviceId>>();
  for (const [name, devices] of Object.entries(request)) {
    const userId = requireLocalUser(name, deps.serverName, "device_keys");
    wanted.set(userId, new Set(devices.map((device) => requireDeviceId(device, `device_keys.${userId}`))));
  }
  return queryLocalKeys(deps, undefined, wanted, answerTime);
}
