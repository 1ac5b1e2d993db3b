import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";

export interface StoredCrossSigningKey {
  readonly usage: CrossSigningUsage;
  readonly publicKey: string;
  /** Canonical JSON without `unsigned`, as uploaded. */
  readonly json: string;
}

export interface RenderedCrossSigningKey {
  readonly userId: UserId;
  readonly usage: CrossSigningUsage;
  /** JSON text as everybody may see it (rule Q3). */
  readonly rendered: string;
}

/** One key per user and usage. */
export interface CrossSigningKeyStore {
  /** The keys of one user: at most one per usage. */
  listKeys(userId: UserId): Promise<StoredCrossSigningKey[]>;
  listRendered(userIds: readonly UserId[]): Promise<RenderedCrossSigningKey[]>;
  put(userId: UserId, key: StoredCrossSigningKey, rendered: string): Promise<void>;
  putRendered(userId: UserId, usage: CrossSigningUsage, rendered: string): Promise<void>;
  remove(userId: UserId, usage: CrossSigningUsage): Promise<void>;
}
