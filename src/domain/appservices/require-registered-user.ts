import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { Reading } from "../kernel/unit-of-work.ts";

/**
 * Inside a unit or snapshot: the user that an appservice acts as has an account, for without one nothing that it would
 * store is ever removed.
 *
 * @throws MatrixError 403 `M_FORBIDDEN`
 */
export async function requireRegisteredUser(
  stores: { readonly accounts: Reading<ActiveAccounts> },
  userId: UserId,
): Promise<void> {
  if (await stores.accounts.hasActiveAccount(userId)) return;
  throw new MatrixError("M_FORBIDDEN", "The appservice has not registered this user, or it is deactivated");
}
