/** One ed25519 signature to check. */
export interface SignatureCheck {
  readonly bytes: Buffer;
  /** Unpadded base64. */
  readonly signature: string;
  /** Unpadded base64 of 32 bytes. */
  readonly publicKey: string;
}

/** Checks signatures off the event loop: an upload carries up to 50 of them. */
export interface SignatureVerifier {
  /** One verdict per check, in order; false for anything malformed. */
  verify(checks: readonly SignatureCheck[]): Promise<boolean[]>;
}
