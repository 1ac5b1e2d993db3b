export interface OwnKey {
  /** `ed25519:` and the key's version. */
  readonly keyId: string;
  /** Unpadded base64. */
  readonly publicKey: string;
  /** Ms since the epoch, as the next. */
  readonly madeAt: number;
  /** Since when this server signs with it no more; `undefined` for one that is in use or about to be. */
  readonly expiredAt: number | undefined;
}

/** The public parts of the keys of this server, of all times: the private one is in a file. */
export interface OwnKeyStore {
  /** The oldest first. */
  listOwnKeys(): Promise<OwnKey[]>;
  /** For one that is not there. */
  add(key: OwnKey): Promise<void>;
  expire(keyId: string, expiredAt: number): Promise<void>;
}
