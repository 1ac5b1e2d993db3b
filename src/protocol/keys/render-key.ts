import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

/** A signature that is kept apart from the object it is on. */
export interface ExtraSignature {
  signer: string;
  keyId: string;
  signature: string;
}

/**
 * The text of a key object as it goes out: others' signatures merged in, `unsigned` set. Done when something is
 * written, so that reading is sending the text.
 *
 * @param json the stored JSON text of the object
 * @param extra signatures to add; each replaces the object's own by the same signer and key
 * @param unsigned the object's `unsigned`; left as it is where not given
 * @throws SyntaxError or TypeError when the stored text is not a JSON object
 */
export function renderWithSignatures(json: string, extra: readonly ExtraSignature[], unsigned?: JsonObject): string {
  const object: unknown = JSON.parse(json);
  if (!isJsonObject(object)) throw new TypeError("A key object must be a JSON object");
  if (extra.length > 0) object.signatures = merge(object.signatures, extra);
  if (unsigned !== undefined) object.unsigned = unsigned;
  return JSON.stringify(object);
}

/**
 * As `renderWithSignatures` with nothing to merge, without parsing.
 *
 * @param json the JSON text of an object that has members, and none of the name `unsigned`
 */
export function renderWithUnsigned(json: string, unsigned: JsonObject): string {
  return `${json.slice(0, -1)},"unsigned":${JSON.stringify(unsigned)}}`;
}

function merge(stored: JsonValue | undefined, extra: readonly ExtraSignature[]): JsonObject {
  const merged = emptyObject<JsonObject>();
  for (const [signer, signatures] of Object.entries(isJsonObject(stored) ? stored : {})) {
    merged[signer] = Object.assign(emptyObject<JsonValue>(), signatures);
  }
  for (const { signer, keyId, signature } of extra) {
    let ofSigner = merged[signer];
    if (ofSigner === undefined) {
      ofSigner = emptyObject<JsonValue>();
      merged[signer] = ofSigner;
    }
    ofSigner[keyId] = signature;
  }
  return merged;
}
