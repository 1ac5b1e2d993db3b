import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";
import { renderWithSignatures } from "../../protocol/keys/render-key.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KeySignatureStore } from "../cross-signing/key-signature-store.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import { splitByServer } from "./requested-users.ts";
import { notFederated, type ServerFailure } from "./server-failure.ts";

interface QueriedStores {
  readonly deviceKeys: DeviceKeyStore;
  readonly crossSigningKeys: CrossSigningKeyStore;
  readonly keySignatures: KeySignatureStore;
}

export interface QueryKeysDeps {
  readonly snapshots: Snapshots<QueriedStores>;
  readonly serverName: ServerName;
}

/** By user: the devices asked for; `[]` means all of them. */
export type QueryRequest = Readonly<Record<string, readonly string[]>>;

/** Key objects as JSON text, ready to be sent. */
export interface QueriedKeys {
  /** Every local user asked for is in it, with no devices when it has none or does not exist (rule Q1). */
  readonly deviceKeys: ReadonlyMap<UserId, Map<DeviceId, string>>;
  readonly crossSigningKeys: Readonly<Record<CrossSigningUsage, Map<UserId, string>>>;
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/** Users read in one snapshot: beyond it a query takes several, so that none holds the event loop. */
const usersInSnapshot = 250;

/**
 * Device keys and cross-signing keys as the requester may see them (rules Q1-Q3).
 * @throws MatrixError `M_INVALID_PARAM` for a user or device id that is none
 */
export async function queryKeys(
  deps: QueryKeysDeps,
  requester: Requester,
  request: QueryRequest,
): Promise<QueriedKeys> {
  const { local, remoteServers } = splitByServer(Object.entries(request), deps.serverName, "device_keys");
  const wanted = new Map<UserId, ReadonlySet<DeviceId>>();
  for (const [userId, names] of local) {
    wanted.set(userId, new Set(names.map((name) => requireDeviceId(name, `device_keys.${userId}`))));
  }
  const answer: QueriedKeys = {
    deviceKeys: new Map([...wanted.keys()].map((userId) => [userId, new Map<DeviceId, string>()])),
    crossSigningKeys: { master: new Map(), self_signing: new Map(), user_signing: new Map() },
    failures: new Map([...remoteServers].map((server) => [server, notFederated])),
  };
  const userIds = [...wanted.keys()];
  for (let start = 0; start < userIds.length; start += usersInSnapshot) {
    const some = userIds.slice(start, start + usersInSnapshot);
    await deps.snapshots.read((stores) => readKeys(stores, requester, some, wanted, answer));
  }
  return answer;
}

async function readKeys(
  stores: ReadingAll<QueriedStores>,
  requester: Requester,
  userIds: readonly UserId[],
  wanted: ReadonlyMap<UserId, ReadonlySet<DeviceId>>,
  { deviceKeys, crossSigningKeys }: QueriedKeys,
): Promise<void> {
  for (const { userId, deviceId, rendered } of await stores.deviceKeys.listRendered(userIds)) {
    const devices = wanted.get(userId);
    if (devices && (devices.size === 0 || devices.has(deviceId))) deviceKeys.get(userId)?.set(deviceId, rendered);
  }
  for (const { userId, usage, rendered } of await stores.crossSigningKeys.listRendered(userIds)) {
    // Whom somebody has verified is nobody else's business (rule Q3).
    if (usage !== "user_signing" || userId === requester.userId) crossSigningKeys[usage].set(userId, rendered);
  }
  await addOwnSignatures(stores, requester.userId, crossSigningKeys.master);
}

/** On others' master keys the requester sees the signatures that it made itself (rule Q3). */
async function addOwnSignatures(
  stores: ReadingAll<QueriedStores>,
  requester: UserId,
  masterKeys: Map<UserId, string>,
): Promise<void> {
  const others = [...masterKeys.keys()].filter((userId) => userId !== requester);
  if (others.length === 0) return;
  for (const signature of await stores.keySignatures.listSignaturesBy(requester, others)) {
    const json = masterKeys.get(signature.userId);
    if (json) masterKeys.set(signature.userId, renderWithSignatures(json, [signature]));
  }
}
