import type { Errcode } from "../errcodes.ts";
import { isJsonObject } from "../json.ts";
import { MatrixError } from "../matrix-error.ts";
import { shownText } from "../shown-text.ts";

/** The `signatures` member of a signed object: signer (user id or server name), then key id, then signature. */
export type Signatures = { [signer: string]: { [keyId: string]: string } };

/**
 * Checks the shape of a `signatures` member, not the signatures: https://spec.matrix.org/v1.19/appendices/#signing-json
 *
 * @param where the object that has the member, for the message
 * @throws MatrixError with `errcode` when it is not an object of objects of strings
 */
export function requireSignatures(value: unknown, where: string, errcode: Errcode = "M_BAD_JSON"): Signatures {
  if (!isJsonObject(value)) throw new MatrixError(errcode, `${where}: "signatures" must be an object`);
  for (const signer of Object.keys(value)) {
    const ofSigner = value[signer];
    if (!isJsonObject(ofSigner)) {
      throw new MatrixError(errcode, `${where}: "signatures" of ${shownText(signer)} must be an object`);
    }
    for (const keyId of Object.keys(ofSigner)) {
      if (typeof ofSigner[keyId] === "string") continue;
      throw new MatrixError(errcode, `${where}: the signature by ${shownText(keyId)} must be a string`);
    }
  }
  return value as Signatures;
}
