import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { AccountData, AccountDataStore } from "../../account-data/account-data-store.ts";
import { passesWithoutSender } from "../../filters/event-filter.ts";
import type { SyncFilter } from "../../filters/filter.ts";
import type { StreamPosition } from "../../kernel/stream-position.ts";
import type { Reading } from "../../kernel/unit-of-work.ts";
import { pushRulesText, pushRulesType } from "../../push-rules/edited-rules.ts";

/**
 * What was set since, also by the device that asks (rule S5). Everything includes the push rules, which everybody has:
 * https://spec.matrix.org/v1.19/client-server-api/#push-rules-events
 */
export async function accountDataSection(
  store: Reading<AccountDataStore>,
  userId: UserId,
  since: StreamPosition | "everything",
  { accountData: filter }: SyncFilter,
): Promise<AccountData[]> {
  const changed = await store.listChanged(userId, since === "everything" ? 0 : since);
  const told = changed.filter(({ type }) => type !== pushRulesType);
  const edited = changed.find(({ type }) => type === pushRulesType);
  if (edited !== undefined || since === "everything") {
    told.unshift({ type: pushRulesType, content: pushRulesText(userId, edited?.content) });
  }
  return told.filter(({ type }) => passesWithoutSender(filter, type));
}
