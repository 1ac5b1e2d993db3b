import type { Signer } from "../../protocol/signed-json.ts";

/** The key that this server signs with. https://spec.matrix.org/v1.19/server-server-api/#publishing-keys */
export interface SigningKey extends Signer {
  /** Unpadded base64. */
  readonly publicKey: string;
}
