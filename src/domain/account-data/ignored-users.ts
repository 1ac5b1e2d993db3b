import { parseUserId, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { AccountDataStore } from "./account-data-store.ts";

type IgnoredUsers = ReadonlySet<UserId>;

interface IgnoringStores {
  readonly accountData: Reading<AccountDataStore>;
}

/**
 * Remembers whom users ignore, by the text that says it: of a long list that takes some ms to find out, and every sync
 * asks. It may forget anything at any time.
 */
export interface IgnoredUsersMemory {
  findIgnored(userId: UserId, text: string): IgnoredUsers | undefined;
  keepIgnored(userId: UserId, text: string, ignored: IgnoredUsers): void;
}

/** Whose messages a user does not want to see: https://spec.matrix.org/v1.19/client-server-api/#ignoring-users */
export async function listIgnoredUsers(stores: IgnoringStores, userId: UserId): Promise<IgnoredUsers> {
  const text = await findText(stores, userId);
  return text === undefined ? new Set() : usersIn(text);
}

/** As `listIgnoredUsers`. */
export async function recallIgnoredUsers(
  memory: IgnoredUsersMemory,
  stores: IgnoringStores,
  userId: UserId,
): Promise<IgnoredUsers> {
  const text = await findText(stores, userId);
  if (text === undefined) return new Set();
  const kept = memory.findIgnored(userId, text);
  if (kept) return kept;
  const ignored = usersIn(text);
  memory.keepIgnored(userId, text, ignored);
  return ignored;
}

function findText({ accountData }: IgnoringStores, userId: UserId): Promise<string | undefined> {
  return accountData.findContent(userId, "m.ignored_user_list");
}

function usersIn(text: string): IgnoredUsers {
  const users = (JSON.parse(text) as JsonObject)["ignored_users"];
  return new Set(isJsonObject(users) ? Object.keys(users).flatMap((name) => parseUserId(name) ?? []) : []);
}
