import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { defaultKeyTimeout, keyTimeout } from "./key-timeouts.ts";
import { type QueriedStores, type QueryLocalKeysDeps, queryLocalKeys } from "./query-local-keys.ts";
import {
  type QueriedKeys,
  type QueriedRemoteStores,
  type QueryRemoteKeysDeps,
  queryRemoteKeys,
} from "./query-remote-keys.ts";
import { splitByServer } from "./requested-users.ts";

export interface QueryKeysDeps extends QueryLocalKeysDeps, QueryRemoteKeysDeps {
  readonly snapshots: Snapshots<QueriedStores & QueriedRemoteStores>;
  readonly serverName: ServerName;
}

/** By user: the devices asked for; `[]` means all of them. */
export type QueryRequest = Readonly<Record<string, readonly string[]>>;

/**
 * Device keys and cross-signing keys as the requester may see them (rules Q1-Q5), here and of all other servers at once.
 * Every user asked for is in `deviceKeys`, with no devices when it has none or does not exist, or its server is among the
 * failures.
 *
 * @param timeout ms that others have to answer, at most a minute; `undefined` where the client does not say
 * @throws MatrixError `M_INVALID_PARAM` for a user or device id that is none
 */
export async function queryKeys(
  deps: QueryKeysDeps,
  requester: Requester,
  request: QueryRequest,
  timeout?: number,
): Promise<QueriedKeys> {
  const { local, remote } = splitByServer(Object.entries(request), deps.serverName, "device_keys", parseWanted);
  const time = keyTimeout(timeout, defaultKeyTimeout);
  const [ours, theirs] = await Promise.all([
    queryLocalKeys(deps, requester.userId, local, time),
    queryRemoteKeys(deps, requester.userId, remote, time),
  ]);
  const all = (usage: keyof QueriedKeys["crossSigningKeys"]) =>
    new Map([...ours.crossSigningKeys[usage], ...theirs.crossSigningKeys[usage]]);
  return {
    deviceKeys: new Map([...ours.deviceKeys, ...theirs.deviceKeys]),
    crossSigningKeys: { master: all("master"), self_signing: all("self_signing"), user_signing: all("user_signing") },
    failures: theirs.failures,
  };
}

function parseWanted(userId: UserId, names: readonly string[]): ReadonlySet<DeviceId> {
  return new Set(names.map((name) => requireDeviceId(name, `device_keys.${userId}`)));
}
