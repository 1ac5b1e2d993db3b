import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { ServerFailure } from "../federation-out/server-failure.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import type { LocalClaim, TakingStores } from "../one-time-keys/take-local-keys.ts";
import type { TrackingStores } from "../remote-device-lists/mark-stale.ts";
import { type ClaimLocalKeysDeps, claimLocalKeys } from "./claim-local-keys.ts";
import { type ClaimRemoteKeysDeps, claimRemoteKeys } from "./claim-remote-keys.ts";
import type { ClaimedKeys, WantedKeys } from "./claimed-keys.ts";
import { keyTimeout } from "./key-timeouts.ts";
import { splitByServer } from "./requested-users.ts";

export interface ClaimKeysDeps extends ClaimLocalKeysDeps, ClaimRemoteKeysDeps {
  readonly unitOfWork: UnitOfWork<TakingStores & TrackingStores>;
  readonly serverName: ServerName;
  /** Ms that others have to answer a claim that names no timeout. */
  readonly defaultClaimTimeout: number;
}

/** By user and device: the algorithm of which one key is wanted. */
export type ClaimRequest = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface ClaimAnswer {
  readonly keys: ClaimedKeys;
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/**
 * Claims one key for each device of the request, here and of all other servers at once. Every user and device asked for
 * is in the answer, or its server is among the failures, and never both (rule C4, MSC4072). The answer exists only after
 * what it gives away is committed (rule C1).
 *
 * @param timeout ms that others have to answer, at most a minute; `undefined` where the client does not say
 * @throws MatrixError `M_INVALID_PARAM` for a user id, device id or algorithm that is none
 */
export async function claimKeys(
  deps: ClaimKeysDeps,
  requester: Requester,
  request: ClaimRequest,
  timeout?: number,
): Promise<ClaimAnswer> {
  const { local, remote } = splitByServer(Object.entries(request), deps.serverName, "one_time_keys", parseWanted);
  const time = keyTimeout(timeout, deps.defaultClaimTimeout);
  const [ours, theirs] = await Promise.all([
    claimOurs(deps, requester.userId, local, time),
    claimRemoteKeys(deps, remote, time),
  ]);
  return { keys: new Map([...ours, ...theirs.keys]), failures: theirs.failures };
}

function parseWanted(userId: UserId, devices: Readonly<Record<string, string>>): ReadonlyMap<DeviceId, string> {
  const wanted = new Map<DeviceId, string>();
  for (const [name, algorithm] of Object.entries(devices)) {
    const deviceId = requireDeviceId(name, `one_time_keys.${userId}`);
    wanted.set(deviceId, requireOpaqueText(algorithm, `one_time_keys.${userId}.${deviceId}`));
  }
  return wanted;
}

async function claimOurs(
  deps: ClaimKeysDeps,
  claimer: UserId,
  wanted: WantedKeys,
  timeout: number,
): Promise<ClaimedKeys> {
  const now = deps.clock.now();
  const claims: LocalClaim[] = [];
  for (const [userId, devices] of wanted) {
    for (const [deviceId, algorithm] of devices) claims.push({ target: { userId, deviceId }, algorithm, claimer, now });
  }
  const claimed = await claimLocalKeys(deps, claims, timeout);
  const keys = new Map<UserId, Map<DeviceId, IssuedKey | undefined>>();
  for (const userId of wanted.keys()) keys.set(userId, new Map());
  for (const [index, { target }] of claims.entries()) keys.get(target.userId)?.set(target.deviceId, claimed[index]);
  return keys;
}
