import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Clock } from "../kernel/clock.ts";
import { type ClaimLocalKeysDeps, claimLocalKeys } from "../key-directory/claim-local-keys.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import type { LocalClaim } from "../one-time-keys/take-local-keys.ts";
import { answerTime } from "./answer-time.ts";
import { requireLocalUser } from "./require-local-user.ts";

export interface ClaimKeysForServerDeps extends ClaimLocalKeysDeps {
  readonly clock: Clock;
  readonly serverName: ServerName;
}

/** By user and device: the key, or `undefined` where there is none to give (rule C4). */
export type KeysForServer = ReadonlyMap<UserId, ReadonlyMap<DeviceId, IssuedKey | undefined>>;

/**
 * Claims one key for each device that another server asks for; the server is the claimer (rule C7). Every user and device
 * asked for is in the answer, which exists only after what it gives away is committed (rules C1, C4).
 *
 * @param request by user and device: the algorithm of which one key is wanted
 * @throws MatrixError 400 `M_INVALID_PARAM` for an id or algorithm that is none, and for a user of another server (rule C5)
 */
export async function claimKeysForServer(
  deps: ClaimKeysForServerDeps,
  origin: ServerName,
  request: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<KeysForServer> {
  const now = deps.clock.now();
  const keys = new Map<UserId, Map<DeviceId, IssuedKey | undefined>>();
  const claims: LocalClaim[] = [];
  for (const [name, devices] of Object.entries(request)) {
    const userId = requireLocalUser(name, deps.serverName, "one_time_keys");
    keys.set(userId, new Map());
    for (const [device, wanted] of Object.entries(devices)) {
      const deviceId = requireDeviceId(device, `one_time_keys.${userId}`);
      const algorithm = requireOpaqueText(wanted, `one_time_keys.${userId}.${deviceId}`);
      claims.push({ target: { userId, deviceId }, algorithm, claimer: origin, now });
    }
  }
  const claimed = await claimLocalKeys(deps, claims, answerTime);
  for (const [index, { target }] of claims.entries()) keys.get(target.userId)?.set(target.deviceId, claimed[index]);
  return keys;
}
