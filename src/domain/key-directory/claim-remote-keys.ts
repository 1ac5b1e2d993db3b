import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { emptyObject } from "../../protocol/json.ts";
import type { RemoteClaim, RemoteServers } from "../federation-out/remote-servers.ts";
import type { ServerFailure } from "../federation-out/server-failure.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { FederationObserver } from "../kernel/observer.ts";
import { askServers } from "./ask-servers.ts";
import { type CheckClaimedKeysDeps, checkClaimedKeys } from "./check-claimed-keys.ts";
import type { ClaimedKeys, WantedKeys } from "./claimed-keys.ts";
import { readClaimAnswer } from "./read-claim-answer.ts";

export interface ClaimRemoteKeysDeps extends CheckClaimedKeysDeps {
  readonly clock: Clock;
  readonly remoteServers: Pick<RemoteServers, "claimKeys">;
  readonly federationObserver: Pick<FederationObserver, "remoteKeysDropped">;
}

export interface RemoteClaimAnswer {
  readonly keys: ClaimedKeys;
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/**
 * Claims keys of other servers' users: one request to each server, all at once (rule C5). Every device asked for is in
 * the answer, or its server among the failures, and then none of its users is in the answer (rule C4).
 *
 * @param timeout ms that each server has
 */
export async function claimRemoteKeys(
  deps: ClaimRemoteKeysDeps,
  wanted: ReadonlyMap<ServerName, WantedKeys>,
  timeout: number,
): Promise<RemoteClaimAnswer> {
  // Most claims are of users here.
  if (wanted.size === 0) return { keys: new Map(), failures: new Map() };
  const giveWay = givingWay(deps.clock);
  const { found, failures } = await askServers(
    deps.clock,
    new Map([...wanted].filter(([, users]) => namesDevices(users))),
    (server, users) => deps.remoteServers.claimKeys(server, claimBody(users), timeout),
    async (body, users) => {
      const read = await readClaimAnswer(body, users, giveWay);
      if (read && read.dropped > 0) deps.federationObserver.remoteKeysDropped(read.dropped);
      return read?.keys;
    },
  );
  const keys = new Map<UserId, ReturnType<ClaimedKeys["get"]> & object>();
  for (const [server, users] of wanted) {
    if (failures.has(server)) continue;
    for (const [userId, devices] of users) {
      const given = found.get(server)?.get(userId);
      keys.set(userId, new Map([...devices.keys()].map((deviceId) => [deviceId, given?.get(deviceId)])));
    }
  }
  await checkClaimedKeys(deps, keys, giveWay);
  return { keys, failures };
}

/** Who asks for no device of a server's users gets none without a request. */
function namesDevices(users: WantedKeys): boolean {
  return users.values().some((devices) => devices.size > 0);
}

function claimBody(users: WantedKeys): RemoteClaim {
  const body = emptyObject<Record<string, string>>();
  for (const [userId, devices] of users) {
    if (devices.size === 0) continue;
    const ofUser = emptyObject<string>();
    for (const [deviceId, algorithm] of devices) ofUser[deviceId] = algorithm;
    body[userId] = ofUser;
  }
  return body;
}
