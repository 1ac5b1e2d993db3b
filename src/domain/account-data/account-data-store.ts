import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

export interface AccountData {
  readonly type: string;
  /** JSON text of the content. */
  readonly content: string;
}

/** What clients keep about their user here; each change takes a stream position. */
export interface AccountDataStore {
  findContent(userId: UserId, type: string): Promise<string | undefined>;
  listChanged(userId: UserId, since: StreamPosition): Promise<AccountData[]>;
  /** How many types a user has stored. */
  countTypes(userId: UserId): Promise<number>;
  /** How many bytes the contents of a user's types have together, that of one type left out. */
  countBytesBeside(userId: UserId, type: string): Promise<number>;
  put(userId: UserId, data: AccountData): Promise<void>;
  removeAll(userId: UserId): Promise<void>;
}
