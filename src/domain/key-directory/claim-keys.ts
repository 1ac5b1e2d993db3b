import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Observer } from "../kernel/observer.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import type { ClaimBudgetRules } from "../one-time-keys/spend-budgets.ts";
import {
  type LocalClaim,
  namesOfClaims,
  type TakenKey,
  type TakingStores,
  takeLocalKeys,
} from "../one-time-keys/take-local-keys.ts";
import { splitByServer } from "./requested-users.ts";
import { notFederated, type ServerFailure } from "./server-failure.ts";

export interface ClaimKeysDeps {
  readonly unitOfWork: UnitOfWork<TakingStores>;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly serverName: ServerName;
  readonly claimBudgets: ClaimBudgetRules;
}

/** By user and device: the algorithm of which one key is wanted. */
export type ClaimRequest = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By user and device: the key, or `undefined` where there is none to give (rule C4). */
export type ClaimedKeys = ReadonlyMap<UserId, ReadonlyMap<DeviceId, IssuedKey | undefined>>;

export interface ClaimAnswer {
  readonly keys: ClaimedKeys;
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/** Claims in one unit of work: beyond it a request takes several, so that none holds the event loop. */
const claimsInUnit = 200;

/**
 * Claims one key for each device of the request. Every user and device asked for is in the answer, or its server is
 * among the failures (rule C4, MSC4072). The answer exists only after what it gives away is committed (rule C1).
 *
 * @throws MatrixError `M_INVALID_PARAM` for a user id, device id or algorithm that is none
 */
export async function claimKeys(
  deps: ClaimKeysDeps,
  requester: Requester,
  request: ClaimRequest,
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
  const keys = new Map<UserId, Map<DeviceId, IssuedKey | undefined>>();
  for (const userId of local.keys()) keys.set(userId, new Map());
  for (let start = 0; start < claims.length; start += claimsInUnit) {
    const batch = claims.slice(start, start + claimsInUnit);
    const taken = await takeAll(deps, batch);
    for (const [index, { target, claimer }] of batch.entries()) {
      const { source, key } = taken[index] as TakenKey;
      keys.get(target.userId)?.set(target.deviceId, key);
      deps.observer.claimAnswered(source, target, claimer);
    }
  }
  return { keys, failures: new Map([...remoteServers].map((server) => [server, notFederated])) };
}

function takeAll({ unitOfWork, claimBudgets }: ClaimKeysDeps, claims: readonly LocalClaim[]): Promise<TakenKey[]> {
  const scope = { exclusive: namesOfClaims(claimBudgets, claims) };
  return unitOfWork.run(scope, (stores, commit) => takeLocalKeys(stores, commit, claimBudgets, claims));
}
