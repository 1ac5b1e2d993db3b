import { parseUserId, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { AccountDataStore } from "./account-data-store.ts";

/** Whose messages a user does not want to see: https://spec.matrix.org/v1.19/client-server-api/#ignoring-users */
export async function listIgnoredUsers(
  { accountData }: { readonly accountData: Reading<AccountDataStore> },
  userId: UserId,
): Promise<Set<UserId>> {
  const text = await accountData.findContent(userId, "m.ignored_user_list");
  const users = text === undefined ? undefined : (JSON.parse(text) as JsonObject)["ignored_users"];
  if (!isJsonObject(users)) return new Set();
  return new Set(Object.keys(users).flatMap((name) => parseUserId(name) ?? []));
}
