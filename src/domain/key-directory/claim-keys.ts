import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Requester } from "../kernel/requester.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import type { LocalClaim } from "../one-time-keys/take-local-keys.ts";
import { type ClaimLocalKeysDeps, claimLocalKeys } from "./claim-local-keys.ts";
import { keyTimeout } from "./key-timeouts.ts";
import { splitByServer } from "./requested-users.ts";
import { notFederated, type ServerFailure } from "./server-failure.ts";

export interface ClaimKeysDeps extends ClaimLocalKeysDeps {
  readonly clock: Clock;
  readonly serverName: ServerName;
  /** Ms that others have to answer a claim that names no timeout. */
  readonly defaultClaimTimeout: number;
}

/** By user and device: the algorithm of which one key is wanted. */
export type ClaimRequest = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By user and device: the key, or `undefined` where there is none to give (rule C4). */
export type ClaimedKeys = ReadonlyMap<UserId, ReadonlyMap<DeviceId, IssuedKey | undefined>>;

export interface ClaimAnswer {
  readonly keys: ClaimedKeys;
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/**
 * Claims one key for each device of the request. Every user and device asked for is in the answer, or its server is
 * among the failures (rule C4, MSC4072). The answer exists only after what it gives away is committed (rule C1).
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
  const { local, remoteServers } = splitByServer(Object.entries(request), deps.serverName, "one_time_keys");
  const now = deps.clock.now();
  const claims: LocalClaim[] = [];
  for (const [userId, devices] of local) {
    for (const [name, wanted] of Object.entries(devices)) {
      const deviceId = requireDeviceId(name, `one_time_keys.${userId}`);
      const algorithm = requireOpaqueText(wanted, `one_time_keys.${userId}.${deviceId}`);
      claims.push({ target: { userId, deviceId }, algorithm, claimer: requester.userId, now });
    }
  }
  const time = keyTimeout(timeout, deps.defaultClaimTimeout);
  const claimed = await claimLocalKeys(deps, claims, time);
  const keys = new Map<UserId, Map<DeviceId, IssuedKey | undefined>>();
  for (const userId of local.keys()) keys.set(userId, new Map());
  for (const [index, { target }] of claims.entries()) keys.get(target.userId)?.set(target.deviceId, claimed[index]);
  return { keys, failures: new Map([...remoteServers].map((server) => [server, notFederated])) };
}
