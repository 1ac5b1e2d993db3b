import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { AccountData, AccountDataStore } from "../../account-data/account-data-store.ts";
import { passes, type SyncFilter } from "../../filters/filter.ts";
import type { StreamPosition } from "../../kernel/stream-position.ts";
import type { Reading } from "../../kernel/unit-of-work.ts";
import { defaultPushRules } from "../../push-rules/default-push-rules.ts";

/**
 * What was set since, also by the device that asks (rule S5). Everything includes the push rules, which
 * are the same for everybody: https://spec.matrix.org/v1.19/client-server-api/#push-rules-events
 */
export async function accountDataSection(
  store: Reading<AccountDataStore>,
  userId: UserId,
  since: StreamPosition | "everything",
  { accountData: filter }: SyncFilter,
): Promise<AccountData[]> {
  const all =
    since === "everything"
      ? [pushRules(userId), ...(await store.listChanged(userId, 0))]
      : await store.listChanged(userId, since);
  return all.filter(({ type }) => passes(filter, type));
}

function pushRules(userId: UserId): AccountData {
  return { type: "m.push_rules", content: JSON.stringify({ global: defaultPushRules(userId) }) };
}
