import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningKey } from "../../protocol/keys/cross-signing-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signatureOf, signingBytes } from "../../protocol/signed-json.ts";
import { requireRegisteredUser } from "../appservices/require-registered-user.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import { challenge } from "../authentication/user-interactive/challenge.ts";
import { checkInteractiveAuth } from "../authentication/user-interactive/check-interactive-auth.ts";
import { consumeProof, namesOfProof } from "../authentication/user-interactive/consume-proof.ts";
import type {
  InteractiveAttempt,
  InteractiveAuthDeps,
  ProofStores,
} from "../authentication/user-interactive/interactive-attempt.ts";
import type { StoredCrossSigningKey } from "../cross-signing/cross-signing-key-store.ts";
import { kindOfUpload } from "../cross-signing/may-replace-keys.ts";
import { parseCrossSigningUpload } from "../cross-signing/parse-upload.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { SignatureVerifier } from "../kernel/signature-verifier.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import { type PuttingStores, putCrossSigningKeys } from "./put-cross-signing-keys.ts";
import { refuseLongIdentity } from "./refuse-masses.ts";

export interface UploadCrossSigningKeysDeps extends Omit<InteractiveAuthDeps, "unitOfWork" | "snapshots"> {
  readonly unitOfWork: UnitOfWork<PuttingStores & ProofStores & { accounts: ActiveAccounts }>;
  readonly snapshots: Snapshots<PuttingStores & ProofStores>;
  readonly signatureVerifier: SignatureVerifier;
}

/**
 * Stores a user's cross-signing keys. The first ones, and the same ones again, need no user-interactive
 * authentication (rule X1, MSC3967), nor do an appservice's. Deciding and storing are one transaction (rule X2).
 *
 * @throws MatrixError rules X3, K11; UserInteractiveAuthRequired
 */
export async function uploadCrossSigningKeys(
  deps: UploadCrossSigningKeysDeps,
  requester: Requester,
  attempt: InteractiveAttempt,
): Promise<void> {
  const { userId } = requester;
  const keys = parseCrossSigningUpload(attempt.body, userId);
  if (keys.length === 0) return;
  for (const { usage, json } of keys) refuseLongIdentity(`${usage}_key`, json);
  const seen = await deps.snapshots.read((stores) => stores.crossSigningKeys.listKeys(userId));
  await requireMasterSignatures(deps.signatureVerifier, userId, keys, seen);
  const proof = kindOfUpload(seen, keys) === "needs-auth" ? await checkInteractiveAuth(deps, attempt) : undefined;
  const scope = { exclusive: [userId, ...(proof ? namesOfProof(proof) : [])] };
  const outcome = await deps.unitOfWork.run(scope, async (stores, commit) => {
    await requireRequestingDevice(stores, requester);
    if (requester.appserviceId !== undefined) await requireRegisteredUser(stores, userId);
    const stored = await stores.crossSigningKeys.listKeys(userId);
    const kind = kindOfUpload(stored, keys);
    if (kind === "nothing-new") return "done";
    // Another upload came in between: what was verified under its master key no longer counts.
    const overtaken = masterOf(stored) !== masterOf(seen);
    if (attempt.byAppservice) {
      if (overtaken && masterOf(keys) === undefined) throw notSignedByMaster("the keys");
    } else if (kind === "needs-auth") {
      if (overtaken || !(proof && (await consumeProof(stores, proof)))) return "challenge";
    }
    await putCrossSigningKeys(stores, commit, userId, stored, keys);
    return "done";
  });
  if (outcome === "challenge") await challenge(deps, attempt);
}

/**
 * Self- and user-signing keys are signed by the master key of the request where it has one, else by the stored one.
 * @throws MatrixError `M_INVALID_SIGNATURE` (rule X3)
 */
async function requireMasterSignatures(
  verifier: SignatureVerifier,
  userId: UserId,
  keys: readonly CrossSigningKey[],
  stored: readonly StoredCrossSigningKey[],
): Promise<void> {
  const publicKey = masterOf(keys) ?? masterOf(stored);
  if (publicKey === undefined) {
    throw new MatrixError("M_MISSING_PARAM", "There is no master_key to sign these keys");
  }
  const signed = keys.filter((key) => key.usage !== "master");
  const verdicts = await verifier.verify(
    signed.map(({ value }) => ({
      bytes: signingBytes(value),
      signature: signatureOf(value, userId, `ed25519:${publicKey}`) ?? "",
      publicKey,
    })),
  );
  const bad = signed.find((_, index) => !verdicts[index]);
  if (bad) throw notSignedByMaster(`${bad.usage}_key`);
}

function notSignedByMaster(what: string): MatrixError {
  return new MatrixError("M_INVALID_SIGNATURE", `${what} must be signed by the master key`);
}

function masterOf(keys: readonly Pick<StoredCrossSigningKey, "usage" | "publicKey">[]): string | undefined {
  return keys.find((key) => key.usage === "master")?.publicKey;
}
