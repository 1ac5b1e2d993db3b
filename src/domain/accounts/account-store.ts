import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";

export interface NewAccount {
  readonly userId: UserId;
  /** A PHC string; `undefined` for who logs in in another way: an appservice's user. */
  readonly passwordHash: string | undefined;
  readonly isAdmin: boolean;
  /** Ms since the epoch. */
  readonly createdAt: number;
}

/** Local accounts. A deactivated one keeps its row, so that its name stays taken. */
export interface AccountStore extends ActiveAccounts {
  /** A deactivated one counts. */
  hasAccount(userId: UserId): Promise<boolean>;
  /** False when the name is taken: of concurrent callers with one name exactly one gets true. */
  add(account: NewAccount): Promise<boolean>;
  /** @param now ms since the epoch */
  deactivate(userId: UserId, now: number): Promise<void>;
}
