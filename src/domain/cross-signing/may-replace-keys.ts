import type { CrossSigningKey } from "../../protocol/keys/cross-signing-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { StoredCrossSigningKey } from "./cross-signing-key-store.ts";

/**
 * What an upload of cross-signing keys amounts to (rule X1, MSC3967):
 * - `nothing-new`: every key is the one that is stored, under the stored master key;
 * - `first`: there is no master key yet, so nobody's trust can be stolen;
 * - `needs-auth`: anything else.
 */
export type UploadKind = "nothing-new" | "first" | "needs-auth";

/** @throws MatrixError `M_MISSING_PARAM` when there is no master key, neither stored nor sent (rule X3) */
export function kindOfUpload(stored: readonly StoredCrossSigningKey[], sent: readonly CrossSigningKey[]): UploadKind {
  const storedKeys = new Map(stored.map((key) => [key.usage, key.publicKey]));
  const sendsMaster = sent.some((key) => key.usage === "master");
  if (!storedKeys.has("master")) {
    if (!sendsMaster) throw new MatrixError("M_MISSING_PARAM", "There is no master_key to sign these keys");
    return "first";
  }
  const unchanged = sent.every((key) => storedKeys.get(key.usage) === key.publicKey);
  return sendsMaster && unchanged ? "nothing-new" : "needs-auth";
}
