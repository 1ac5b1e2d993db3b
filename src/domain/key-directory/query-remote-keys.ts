import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";
import type { KeySignatureStore } from "../cross-signing/key-signature-store.ts";
import type { ServerFailure } from "../federation-out/server-failure.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { type FetchRemoteKeysDeps, fetchRemoteKeys } from "./fetch-remote-keys.ts";
import type { CachedStores } from "./list-cached-keys.ts";
import type { WantedDevices } from "./query-local-keys.ts";
import { showOwnSignatures } from "./show-own-signatures.ts";

export interface QueriedRemoteStores extends CachedStores {
  readonly keySignatures: KeySignatureStore;
}

export interface QueryRemoteKeysDeps extends FetchRemoteKeysDeps {
  readonly snapshots: Snapshots<QueriedRemoteStores>;
}

/** Keys as JSON text. */
export interface QueriedKeys {
  readonly deviceKeys: ReadonlyMap<UserId, ReadonlyMap<DeviceId, string>>;
  readonly crossSigningKeys: Readonly<Record<CrossSigningUsage, ReadonlyMap<UserId, string>>>;
  /** Servers that have not answered; keys of their users that were known before stand beside them (rule Q4). */
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/** Users whose signatures are read at once: each is named in the statement. */
const usersAtOnce = 250;

/**
 * Device keys and cross-signing keys of other servers' users, as the viewer may see them (rules Q2-Q4). Every user is in
 * `deviceKeys`, with no devices where its server names none, or its server is among the failures.
 *
 * @param timeout ms that each server has
 */
export async function queryRemoteKeys(
  deps: QueryRemoteKeysDeps,
  viewer: UserId,
  wanted: ReadonlyMap<ServerName, WantedDevices>,
  timeout: number,
): Promise<QueriedKeys> {
  const { current, outdated, failures } = await fetchRemoteKeys(deps, wanted, timeout);
  const deviceKeys = new Map<UserId, Map<DeviceId, string>>();
  const none = () => new Map<UserId, string>();
  const crossSigningKeys = { master: none(), self_signing: none(), user_signing: none() };
  for (const [userId, asked] of [...wanted.values()].flatMap((users) => [...users])) {
    const known = current.get(userId) ?? outdated.get(userId);
    if (!known) continue;
    const devices = known.devices.filter(({ deviceId }) => asked.size === 0 || asked.has(deviceId));
    deviceKeys.set(userId, new Map(devices.map(({ deviceId, rendered }) => [deviceId, rendered])));
    for (const { usage, rendered } of known.crossSigningKeys) crossSigningKeys[usage].set(userId, rendered);
  }
  const signed = [...crossSigningKeys.master.keys()];
  for (let start = 0; start < signed.length; start += usersAtOnce) {
    const some = signed.slice(start, start + usersAtOnce);
    const made = await deps.snapshots.ask((stores) => stores.keySignatures.listSignaturesBy(viewer, some));
    showOwnSignatures(crossSigningKeys.master, made);
  }
  return { deviceKeys, crossSigningKeys, failures };
}
