import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { pushRulesText, pushRulesType } from "../push-rules/edited-rules.ts";
import type { AccountDataStore } from "./account-data-store.ts";
import { requireOwn } from "./set-account-data.ts";

export interface GetAccountDataDeps {
  readonly snapshots: Snapshots<{ accountData: AccountDataStore }>;
}

/**
 * The content of one type, as JSON text. Everybody has push rules.
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_NOT_FOUND` when it was never set
 */
export async function getAccountData(
  deps: GetAccountDataDeps,
  requester: Requester,
  { userId, type }: { readonly userId: UserId; readonly type: string },
): Promise<string> {
  requireOwn(requester, userId);
  const content = isOpaqueText(type)
    ? await deps.snapshots.read((stores) => stores.accountData.findContent(userId, type))
    : undefined;
  if (type === pushRulesType) return pushRulesText(userId, content);
  if (content === undefined) throw new MatrixError("M_NOT_FOUND", `There is no account data of type ${type}`);
  return content;
}
