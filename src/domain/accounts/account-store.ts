import type { UserId } from "../../protocol/identifiers/user-id.ts";

export interface NewAccount {
  readonly userId: UserId;
  /** A PHC string. */
  readonly passwordHash: string;
  readonly isAdmin: boolean;
  /** Ms since the epoch. */
  readonly createdAt: number;
}

/** Local accounts. A deactivated one keeps its row, so that its name stays taken. */
export interface AccountStore {
  hasAccount(userId: UserId): Promise<boolean>;
  /** False when the name is taken: of concurrent callers with one name exactly one gets true. */
  add(account: NewAccount): Promise<boolean>;
  /** @param now ms since the epoch */
  deactivate(userId: UserId, now: number): Promise<void>;
}
