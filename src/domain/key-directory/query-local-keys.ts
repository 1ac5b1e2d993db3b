import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Appservice, Appservices } from "../appservices/appservices.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KeySignature, KeySignatureStore, SignedKey } from "../cross-signing/key-signature-store.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import { proxiedQueries } from "./answering-appservice.ts";
import { type LocalKeys, mergeProxiedKeys } from "./merge-proxied-keys.ts";
import { type ProxiedKeysDeps, queryProxiedKeys } from "./query-proxied-keys.ts";
import { showOwnSignatures } from "./show-own-signatures.ts";

export interface QueriedStores {
  readonly deviceKeys: DeviceKeyStore;
  readonly crossSigningKeys: CrossSigningKeyStore;
  readonly keySignatures: KeySignatureStore;
  readonly knownDevices: KnownDevices;
}

export interface QueryLocalKeysDeps extends ProxiedKeysDeps {
  readonly snapshots: Snapshots<QueriedStores>;
  readonly appservices: Appservices;
  readonly compatibility: {
    /** Whether appservices are asked for the keys of their users (rule Q5). */
    readonly msc3984: boolean;
  };
}

/** By user: the devices asked for; an empty set means all of them. */
export type WantedDevices = ReadonlyMap<UserId, ReadonlySet<DeviceId>>;

const noQueries: ReadonlyMap<Appservice, WantedDevices> = new Map();

/** Users read in one snapshot: beyond it a query takes several, so that none holds the event loop. */
const usersInSnapshot = 250;

interface StoredKeys extends LocalKeys {
  /** Those that the viewer made on others' master keys. */
  readonly signatures: (KeySignature & SignedKey)[];
}

/**
 * Device keys and cross-signing keys of our users: what is stored, and over it what appservices say that answer for their
 * users themselves (rules Q1-Q3, Q5). They are asked while the stored keys are read.
 *
 * @param viewer who sees them; `undefined` for another server, which sees nobody's user-signing key
 * @param timeout ms that appservices have
 * @returns every user of `wanted` is in `deviceKeys`, with no devices when it has none or does not exist
 */
export async function queryLocalKeys(
  deps: QueryLocalKeysDeps,
  viewer: UserId | undefined,
  wanted: WantedDevices,
  timeout: number,
): Promise<LocalKeys> {
  const { appservices, compatibility } = deps;
  const queries = compatibility.msc3984 ? proxiedQueries(appservices, wanted) : noQueries;
  const proxiedUsers = new Set([...queries.values()].flatMap((query) => [...query.keys()]));
  const [stored, proxied] = await Promise.all([
    readStoredKeys(deps.snapshots, viewer, wanted, proxiedUsers),
    queries.size > 0 ? queryProxiedKeys(deps, viewer, queries, timeout) : undefined,
  ]);
  const keys = proxied ? mergeProxiedKeys(stored, proxied) : stored;
  showOwnSignatures(keys.crossSigningKeys.master, stored.signatures);
  return keys;
}

async function readStoredKeys(
  snapshots: Snapshots<QueriedStores>,
  viewer: UserId | undefined,
  wanted: WantedDevices,
  proxiedUsers: ReadonlySet<UserId>,
): Promise<StoredKeys> {
  const keys: StoredKeys = {
    deviceKeys: new Map([...wanted.keys()].map((userId) => [userId, new Map<DeviceId, string>()])),
    crossSigningKeys: { master: new Map(), self_signing: new Map(), user_signing: new Map() },
    signatures: [],
  };
  const userIds = [...wanted.keys()];
  for (let start = 0; start < userIds.length; start += usersInSnapshot) {
    const some = userIds.slice(start, start + usersInSnapshot);
    await snapshots.read(async (stores) => {
      await readKeys(stores, viewer, some, wanted, keys);
      // The master key of a proxied user need not be here.
      const { master } = keys.crossSigningKeys;
      const others = some.filter((userId) => userId !== viewer && (master.has(userId) || proxiedUsers.has(userId)));
      if (viewer === undefined || others.length === 0) return;
      keys.signatures.push(...(await stores.keySignatures.listSignaturesBy(viewer, others)));
    });
  }
  return keys;
}

async function readKeys(
  stores: ReadingAll<QueriedStores>,
  viewer: UserId | undefined,
  userIds: readonly UserId[],
  wanted: WantedDevices,
  { deviceKeys, crossSigningKeys }: LocalKeys,
): Promise<void> {
  for (const { userId, deviceId, rendered } of await stores.deviceKeys.listRendered(userIds)) {
    const devices = wanted.get(userId);
    if (devices && (devices.size === 0 || devices.has(deviceId))) deviceKeys.get(userId)?.set(deviceId, rendered);
  }
  for (const { userId, usage, rendered } of await stores.crossSigningKeys.listRendered(userIds)) {
    // Whom somebody has verified is nobody else's business (rule Q3).
    if (usage !== "user_signing" || userId === viewer) crossSigningKeys[usage].set(userId, rendered);
  }
}
