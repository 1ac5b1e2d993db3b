import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { parseGivenKey } from "../../protocol/keys/given-keys.ts";
import type { AppserviceKeys } from "../appservices/appservice-keys.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { StoredCrossSigningKey } from "../cross-signing/cross-signing-key-store.ts";
import type { ServerFailure } from "../federation-out/server-failure.ts";
import type { Requester } from "../kernel/requester.ts";
import { proxiedQueries } from "./answering-appservice.ts";
import { type FetchRemoteKeysDeps, fetchRemoteKeys } from "./fetch-remote-keys.ts";
import { appserviceTimeout, defaultKeyTimeout } from "./key-timeouts.ts";
import type { WantedDevices } from "./query-local-keys.ts";
import { splitByServer } from "./requested-users.ts";

interface ProxiedMasterKeysDeps {
  readonly appservices: Appservices;
  readonly appserviceKeys: AppserviceKeys;
  readonly compatibility: { readonly msc3984: boolean };
}

export interface OthersMasterKeysDeps extends ProxiedMasterKeysDeps, FetchRemoteKeysDeps {
  readonly serverName: ServerName;
}

/** Keys of a user that are not stored here, or not as they are given. */
export interface GivenKeys {
  /** The master key, and of other servers' users the self-signing key too. */
  readonly crossSigningKeys: readonly StoredCrossSigningKey[];
  /** Ids, of other servers' users. */
  readonly devices: ReadonlySet<string>;
  /** Why another server has given nothing. */
  readonly failure?: ServerFailure | undefined;
}

export type OthersKeys = ReadonlyMap<UserId, GivenKeys>;

/** All devices: the answer to the query in which the requester saw the master key may still serve. */
const allDevices: ReadonlySet<DeviceId> = new Set();

/**
 * The master keys of others that are not stored here, before they are signed (rule X5): those that appservices give for the
 * users that they answer for, and those of other servers' users. The requester's own keys are not asked for: those that
 * only an appservice has are signed by it.
 */
export async function queryOthersMasterKeys(
  deps: OthersMasterKeysDeps,
  { userId: requester }: Requester,
  userIds: readonly UserId[],
): Promise<OthersKeys> {
  const others = userIds.filter((userId) => userId !== requester).map((userId) => [userId, allDevices] as const);
  const { local, remote } = splitByServer([...new Map(others)], deps.serverName, "The body", (_, devices) => devices);
  const [proxied, fetched] = await Promise.all([queryProxied(deps, local), fetchRemote(deps, remote)]);
  return new Map([...proxied, ...fetched]);
}

async function queryProxied(
  { appservices, appserviceKeys, compatibility }: ProxiedMasterKeysDeps,
  wanted: WantedDevices,
): Promise<OthersKeys> {
  const keys = new Map<UserId, GivenKeys>();
  if (!compatibility.msc3984) return keys;
  const asked = [...proxiedQueries(appservices, wanted)].map(async ([appservice, query]) => {
    const given = await appserviceKeys.query(appservice, query, appserviceTimeout(defaultKeyTimeout));
    for (const [userId, { crossSigningKeys }] of given) {
      const { master } = crossSigningKeys;
      const key = master === undefined ? undefined : parseGivenKey(userId, "master", master);
      if (key) keys.set(userId, { crossSigningKeys: [key], devices: new Set() });
    }
  });
  await Promise.all(asked);
  return keys;
}

async function fetchRemote(
  deps: FetchRemoteKeysDeps,
  wanted: ReadonlyMap<ServerName, WantedDevices>,
): Promise<OthersKeys> {
  const { current, failures } = await fetchRemoteKeys(deps, wanted, defaultKeyTimeout);
  const keys = new Map<UserId, GivenKeys>();
  for (const userId of [...wanted.values()].flatMap((users) => [...users.keys()])) {
    const { crossSigningKeys = [], devices = [] } = current.get(userId) ?? {};
    keys.set(userId, {
      crossSigningKeys: crossSigningKeys.map(({ rendered, ...key }) => ({ ...key, json: rendered })),
      devices: new Set(devices.map(({ deviceId }) => deviceId)),
      failure: failures.get(serverNameOf(userId)),
    });
  }
  return keys;
}
