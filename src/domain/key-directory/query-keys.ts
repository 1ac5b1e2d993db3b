import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Requester } from "../kernel/requester.ts";
import { defaultKeyTimeout, keyTimeout } from "./key-timeouts.ts";
import type { LocalKeys } from "./merge-proxied-keys.ts";
import { type QueryLocalKeysDeps, queryLocalKeys } from "./query-local-keys.ts";
import { splitByServer } from "./requested-users.ts";
import { notFederated, type ServerFailure } from "./server-failure.ts";

export interface QueryKeysDeps extends QueryLocalKeysDeps {
  readonly serverName: ServerName;
}

/** By user: the devices asked for; `[]` means all of them. */
export type QueryRequest = Readonly<Record<string, readonly string[]>>;

/** Every local user asked for is in `deviceKeys`, with no devices when it has none or does not exist (rule Q1). */
export interface QueriedKeys extends LocalKeys {
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/**
 * Device keys and cross-signing keys as the requester may see them (rules Q1-Q3, Q5).
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
  const { local, remoteServers } = splitByServer(Object.entries(request), deps.serverName, "device_keys");
  const wanted = new Map<UserId, ReadonlySet<DeviceId>>();
  for (const [userId, names] of local) {
    wanted.set(userId, new Set(names.map((name) => requireDeviceId(name, `device_keys.${userId}`))));
  }
  const time = keyTimeout(timeout, defaultKeyTimeout);
  const keys = await queryLocalKeys(deps, requester.userId, wanted, time);
  return { ...keys, failures: new Map([...remoteServers].map((server) => [server, notFederated])) };
}
