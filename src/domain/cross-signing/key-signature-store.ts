import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** What is signed: a device (by its id) or a cross-signing key (by its public key) of a user. */
export interface SignedKey {
  readonly userId: UserId;
  /** The member name under which `signatures/upload` lists it: a device id or a public key. */
  readonly key: string;
}

export interface KeySignature {
  readonly signer: UserId;
  /** The whole `ed25519:…`. */
  readonly keyId: string;
  readonly signature: string;
}

/** Signatures by others and by other keys, kept apart from the objects they are on (rules Q3, X5). */
export interface KeySignatureStore {
  listSignatures(target: SignedKey): Promise<KeySignature[]>;
  /** What `signer` signed of the keys of these other users. */
  listSignaturesBy(signer: UserId, targets: readonly UserId[]): Promise<(KeySignature & SignedKey)[]>;
  put(target: SignedKey, signature: KeySignature): Promise<void>;
  /** The target has gone or was replaced: so do the signatures on it. */
  removeOn(target: SignedKey): Promise<void>;
  /** A signing key has gone: so do the signatures it made. Resolves to the targets that carried one. */
  removeMadeBy(signer: UserId, keyId: string): Promise<SignedKey[]>;
}
