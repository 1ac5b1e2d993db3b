import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** What a user has edited is kept as account data, so that each change takes a stream position and syncs tell of it. */
export interface PushRuleStore {
  findContent(userId: UserId, type: string): Promise<string | undefined>;
  put(userId: UserId, data: { readonly type: string; readonly content: string }): Promise<void>;
}
