import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { largeBody } from "../limits/large-bodies.ts";
import { parseBody } from "../reading/parse-body.ts";

/** What becomes of a body's signature. */
export interface SignedReading {
  /** Whether the signature is one over this text of the body. */
  verify(content: Buffer): Promise<boolean>;
  /** Called once it is known to be good. May throw: then nothing more is done. */
  verified(): void;
  refusal(): MatrixError;
}

/**
 * Parses a body that is signed. The signature may be made over the body as it was sent, for most servers send canonical JSON,
 * or over what it says as canonical JSON. The former is tried first: only then a large body is parsed, for anybody can send
 * one in another server's name. What was signed as it was sent may hold what canonical JSON cannot: fractions.
 *
 * @returns `undefined` for an empty one, of which nothing is verified
 * @throws the refusal; what `parseBody` throws
 */
export async function readSignedBody(bytes: Buffer, reading: SignedReading): Promise<unknown> {
  if (bytes.length === 0) return undefined;
  if (await reading.verify(bytes)) {
    reading.verified();
    return parseBody(bytes);
  }
  if (bytes.length > largeBody) throw reading.refusal();
  const content = parseBody(bytes);
  const canonical = canonicalBytes(content as JsonValue);
  if (!canonical || canonical.equals(bytes) || !(await reading.verify(canonical))) throw reading.refusal();
  reading.verified();
  return content;
}

function canonicalBytes(content: JsonValue): Buffer | undefined {
  try {
    return Buffer.from(canonicalJson(content));
  } catch (error) {
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}
