import type { Errcode } from "../../protocol/errcodes.ts";
import { type DeviceKeys, parseDeviceKeys } from "../../protocol/keys/device-keys.ts";
import { type OneTimeKey, parseOneTimeKeys } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { type QueueingStores, queueKeyCounts } from "../appservices/queue-key-counts.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Observer } from "../kernel/observer.ts";
import { type DeviceOwner, type Requester, requireDevice } from "../kernel/requester.ts";
import type { SignatureVerifier } from "../kernel/signature-verifier.ts";
import type { Commit, Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import { addOneTimeKeys } from "../one-time-keys/add-one-time-keys.ts";
import { mergeFallbackKeys } from "../one-time-keys/merge-fallback-keys.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import { putFallbackKeys } from "../one-time-keys/put-fallback-keys.ts";
import {
  type DuplicateOneTimeKey,
  duplicateOneTimeKeyError,
  listDuplicates,
} from "../one-time-keys/refuse-duplicates.ts";
import { toldCounts } from "../one-time-keys/tell-counts.ts";
import { checkUploadSignatures } from "./check-upload-signatures.ts";
import { type IdentityRules, type IdentityStores, putDeviceKeys } from "./put-device-keys.ts";
import { refuseLongIdentity, refuseLongOneTimeKeys, refuseMasses } from "./refuse-masses.ts";

export type UploadStores = IdentityStores & QueueingStores & { readonly oneTimeKeys: OneTimeKeyStore };

export interface UploadKeysDeps {
  readonly unitOfWork: UnitOfWork<UploadStores>;
  readonly snapshots: Snapshots<UploadStores>;
  readonly observer: Observer;
  readonly signatureVerifier: SignatureVerifier;
  readonly keyRules: KeyRules;
  readonly appservices: Appservices;
  readonly clock: Clock;
}

export interface KeyRules extends IdentityRules {
  readonly verifySignatures: "off" | "report" | "enforce";
  /** Unissued one-time keys that a device may have (rule K6). */
  readonly maxOneTimeKeys: number;
  /** Under which name rule K4's error goes out. */
  readonly duplicateErrcode: Errcode;
}

/** The body of `/keys/upload`; members as the client sent them. */
export interface UploadRequest {
  readonly deviceKeys: unknown;
  readonly oneTimeKeys: unknown;
  /** By the member's name, the one that wins first (rule K7). */
  readonly fallbackKeys: Readonly<Record<string, unknown>>;
}

interface ParsedUpload {
  readonly owner: DeviceOwner;
  readonly deviceKeys: DeviceKeys | undefined;
  readonly oneTimeKeys: OneTimeKey[];
  readonly fallbackKeys: OneTimeKey[];
}

/**
 * Stores a device's keys: all that the request has, or nothing (rule K1). The checks answer in the order K2, K4, K9,
 * K6, K8.
 *
 * @returns unissued one-time keys per algorithm (rule K10)
 * @throws MatrixError `M_BAD_JSON` (K2, K7), the duplicate errcode (K4), `M_UNKNOWN` (K9), `M_TOO_LARGE` (K6, and what is larger than any client's keys),
 *   `M_INVALID_SIGNATURE` (K8), `M_MISSING_PARAM` for a requester without a device
 */
export async function uploadKeys(
  deps: UploadKeysDeps,
  requester: Requester,
  request: UploadRequest,
): Promise<Readonly<Record<string, number>>> {
  refuseMasses(request.oneTimeKeys, Object.values(request.fallbackKeys), deps.keyRules.maxOneTimeKeys);
  const upload = parseUpload(requester, request);
  // A client that repeats a clash for ever costs this read: no lock, no write (rule K4).
  const clashes = await deps.snapshots.read((stores) =>
    listDuplicates(stores.oneTimeKeys, upload.owner, upload.oneTimeKeys),
  );
  refuseDuplicates(deps, upload.owner, clashes);
  const refuseSignatures = await checkUploadSignatures(deps, upload.owner, upload);
  const { counts, added, replaced } = await deps.unitOfWork.run(
    { exclusive: [requester.userId] },
    async (stores, commit) => {
      await requireRequestingDevice(stores, requester);
      refuseDuplicates(deps, upload.owner, await listDuplicates(stores.oneTimeKeys, upload.owner, upload.oneTimeKeys));
      const stored = await storeUpload(deps, stores, commit, upload);
      refuseSignatures();
      return stored;
    },
  );
  if (replaced) deps.observer.identityReplaced(upload.owner);
  deps.observer.keysUploaded(added, counts);
  return toldCounts(counts);
}

/** Rules K2 and K7. */
function parseUpload(requester: Requester, request: UploadRequest): ParsedUpload {
  const owner = requireDevice(requester);
  const deviceKeys = request.deviceKeys === undefined ? undefined : parseDeviceKeys(request.deviceKeys);
  if (deviceKeys && (deviceKeys.userId !== owner.userId || deviceKeys.deviceId !== owner.deviceId)) {
    throw new MatrixError("M_BAD_JSON", "device_keys: user_id and device_id must be those of the uploading device");
  }
  const oneTimeKeys = parseOneTimeKeys("one_time_keys", request.oneTimeKeys);
  const fallbackKeys = mergeFallbackKeys(request.fallbackKeys);
  if (deviceKeys) refuseLongIdentity("device_keys", deviceKeys.json);
  refuseLongOneTimeKeys([...oneTimeKeys, ...fallbackKeys]);
  return { owner, deviceKeys, oneTimeKeys, fallbackKeys };
}

async function storeUpload(
  { keyRules, appservices, clock }: UploadKeysDeps,
  stores: UploadStores,
  commit: Commit,
  upload: ParsedUpload,
) {
  const { owner, deviceKeys, oneTimeKeys, fallbackKeys } = upload;
  const identity = deviceKeys && (await putDeviceKeys(keyRules, stores, commit, owner, deviceKeys));
  const { added, counts } = await addOneTimeKeys(stores.oneTimeKeys, owner, oneTimeKeys, keyRules.maxOneTimeKeys);
  await putFallbackKeys(stores.fallbackKeys, owner, fallbackKeys);
  const isNews = identity === "stored" || identity === "replaced" || added > 0 || fallbackKeys.length > 0;
  if (isNews && appservices.interestedIn(owner.userId).length > 0) {
    await queueKeyCounts(stores, appservices, [owner], clock.now());
    commit.wake(owner.userId);
  }
  return { added, counts, replaced: identity === "replaced" };
}

function refuseDuplicates(
  { observer, keyRules }: Pick<UploadKeysDeps, "observer" | "keyRules">,
  owner: DeviceOwner,
  clashes: readonly DuplicateOneTimeKey[],
): void {
  const [first, ...others] = clashes;
  if (!first) return;
  observer.duplicateOneTimeKeysRefused(owner, clashes.length);
  throw duplicateOneTimeKeyError(keyRules.duplicateErrcode, [first, ...others]);
}
