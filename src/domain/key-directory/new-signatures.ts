import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signingBytes } from "../../protocol/signed-json.ts";
import type { Signable } from "./find-signable.ts";

/** A signature by the requester that is not here yet, and the key that it must verify under. */
export interface NewSignature {
  readonly keyId: string;
  readonly signature: string;
  readonly publicKey: string;
}

/**
 * The signatures that an uploaded object adds to the stored one (rule X5). Those that are here already say nothing new.
 * @throws MatrixError `M_UNKNOWN` when the object is not the stored one, `M_INVALID_SIGNATURE` when it has none by the
 *   requester, or one by a key that may not sign it
 */
export function newSignatures(signable: Signable, signer: UserId, uploaded: JsonObject): NewSignature[] {
  if (!signingBytes(uploaded).equals(signingBytes(signable.object))) {
    throw new MatrixError("M_UNKNOWN", "The signed object is not the one that is stored here");
  }
  const { signatures } = uploaded;
  const own = isJsonObject(signatures) && Object.hasOwn(signatures, signer) ? signatures[signer] : undefined;
  if (!isJsonObject(own) || Object.keys(own).length === 0) {
    throw new MatrixError("M_INVALID_SIGNATURE", "The object has no signature by you");
  }
  const added = Object.entries(own).filter(([keyId, signature]) => signable.knownSignature(keyId) !== signature);
  return added.map(([keyId, signature]) => {
    const publicKey = signable.signingKey(keyId);
    if (publicKey === undefined || typeof signature !== "string") {
      throw new MatrixError("M_INVALID_SIGNATURE", `${keyId} may not sign this object`);
    }
    return { keyId, signature, publicKey };
  });
}
