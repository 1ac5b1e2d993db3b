import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireUserId, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signingBytes } from "../../protocol/signed-json.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { SignedKey } from "../cross-signing/key-signature-store.ts";
import { type AnnouncingStores, announceDeviceListChange, type ChangedKeys } from "../device-lists/announce-change.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { SignatureVerifier } from "../kernel/signature-verifier.ts";
import type { Commit, Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { TrackingStores } from "../remote-device-lists/mark-stale.ts";
import { findSignable, type Signable } from "./find-signable.ts";
import type { CachedStores } from "./list-cached-keys.ts";
import { type NewSignature, newSignatures } from "./new-signatures.ts";
import { type OthersKeys, type OthersMasterKeysDeps, queryOthersMasterKeys } from "./query-others-master-keys.ts";
import { type RenderingStores, renderDeviceKeys } from "./render-device-keys.ts";
import { renderMasterKey } from "./render-master-key.ts";

export type SigningStores = AnnouncingStores & RenderingStores & { readonly crossSigningKeys: CrossSigningKeyStore };

export interface UploadSignaturesDeps extends OthersMasterKeysDeps {
  readonly unitOfWork: UnitOfWork<SigningStores & TrackingStores>;
  readonly snapshots: Snapshots<SigningStores & CachedStores>;
  readonly signatureVerifier: SignatureVerifier;
}

/** By user, then by key (a device id or a public key): why the signatures on it were not taken. */
export type SignatureFailures = ReadonlyMap<string, ReadonlyMap<string, MatrixError>>;

interface Candidate {
  readonly signable: Signable;
  readonly signatures: readonly NewSignature[];
  readonly uploaded: JsonObject;
}

/** Signed objects in one request: verifying more would keep the caller waiting for seconds. */
const mostObjects = 1000;

/**
 * Takes signatures on one's own devices, one's own master key and others' master keys. Each is verified; good ones are
 * stored even when others fail (rule X5), and whoever can see them hears of it (rule X6). Of a user whose appservice answers
 * for its keys, the master key is the one that the appservice gives; of another server's user, the one of that server.
 *
 * @param body by user id, then by device id or public key: the signed object
 * @throws MatrixError for a body that is no such map, or has over 1,000 objects
 */
export async function uploadSignatures(
  deps: UploadSignaturesDeps,
  requester: Requester,
  body: JsonObject,
): Promise<SignatureFailures> {
  const signer = requester.userId;
  const failures = new Map<string, Map<string, MatrixError>>();
  const fail = ({ userId, key }: SignedKey, error: MatrixError) => {
    failures.set(userId, (failures.get(userId) ?? new Map<string, MatrixError>()).set(key, error));
  };
  const candidates: Candidate[] = [];
  const objects = listObjects(body);
  const users = objects.map(({ target }) => target.userId);
  const others = await queryOthersMasterKeys(deps, requester, users);
  for (const { target, uploaded } of objects) {
    try {
      const signable = await deps.snapshots.read((stores) => findSignable(stores, signer, target, others));
      const signatures = newSignatures(signable, signer, uploaded);
      await requireValid(deps.signatureVerifier, uploaded, signatures);
      if (signatures.length > 0) candidates.push({ signable, signatures, uploaded });
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error;
      fail(target, error);
    }
  }
  if (candidates.length > 0) {
    const targets = candidates.map(({ signable }) => signable.target.userId);
    const overtaken = await deps.unitOfWork.run({ exclusive: [signer], shared: targets }, async (stores, commit) => {
      await requireRequestingDevice(stores, requester);
      return storeAll(stores, commit, signer, candidates, others);
    });
    for (const { target, error } of overtaken) fail(target, error);
  }
  return failures;
}

async function requireValid(
  verifier: SignatureVerifier,
  uploaded: JsonObject,
  signatures: readonly NewSignature[],
): Promise<void> {
  const bytes = signingBytes(uploaded);
  const verdicts = await verifier.verify(
    signatures.map(({ signature, publicKey }) => ({ bytes, signature, publicKey })),
  );
  const bad = signatures.find((_, index) => !verdicts[index]);
  if (bad) throw new MatrixError("M_INVALID_SIGNATURE", `The signature by ${bad.keyId} does not verify`);
}

/** Gives the candidates that are none any more, and why. */
async function storeAll(
  stores: SigningStores,
  commit: Commit,
  signer: UserId,
  candidates: readonly Candidate[],
  others: OthersKeys,
): Promise<{ target: SignedKey; error: MatrixError }[]> {
  const overtaken: { target: SignedKey; error: MatrixError }[] = [];
  const changed: ChangedKeys[] = [];
  for (const { signable, signatures, uploaded } of candidates) {
    try {
      // What was verified may have been replaced since: it is looked up anew, and must still ask for the same keys.
      const current = await findSignable(stores, signer, signable.target, others);
      const still = newSignatures(current, signer, uploaded);
      if (still.some(({ publicKey }, index) => publicKey !== signatures[index]?.publicKey)) {
        throw new MatrixError("M_INVALID_SIGNATURE", "The signing key has just been replaced");
      }
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error;
      overtaken.push({ target: signable.target, error });
      continue;
    }
    await store(stores, commit, signer, signable, signatures);
    if (signable.kind === "own-device") changed.push(signable.target.key as DeviceId);
    if (signable.kind === "own-master-key") changed.push("cross-signing keys");
  }
  if (changed.length > 0) await announceDeviceListChange(stores, commit, signer, ...changed);
  return overtaken;
}

async function store(
  stores: SigningStores,
  commit: Commit,
  signer: UserId,
  { kind, target }: Signable,
  signatures: readonly NewSignature[],
): Promise<void> {
  for (const { keyId, signature } of signatures) await stores.keySignatures.put(target, { signer, keyId, signature });
  switch (kind) {
    case "own-device":
      return renderDeviceKeys(stores, { userId: signer, deviceId: target.key as DeviceId });
    case "own-master-key":
      return renderMasterKey(stores, signer);
    case "others-master-key":
      // A verification ends only when the signer sees it in its own device lists (rule X6).
      await stores.deviceLists.recordSignatureNotice(signer, target.userId);
      commit.wake(signer);
  }
}

function listObjects(body: JsonObject): { target: SignedKey; uploaded: JsonObject }[] {
  const objects = Object.entries(body).flatMap(([name, ofUser]) => {
    const userId = requireUserId(name, "The body");
    if (!isJsonObject(ofUser)) throw new MatrixError("M_BAD_JSON", `${userId} must be an object`);
    return Object.entries(ofUser).map(([key, uploaded]) => {
      requireDeviceId(key, userId);
      if (!isJsonObject(uploaded)) throw new MatrixError("M_BAD_JSON", `${userId}: ${key} must be an object`);
      return { target: { userId, key }, uploaded };
    });
  });
  if (objects.length > mostObjects) {
    throw new MatrixError("M_TOO_LARGE", `At most ${mostObjects} signed objects in one request`);
  }
  return objects;
}
