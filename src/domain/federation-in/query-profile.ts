import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { requireLocalUser } from "./require-local-user.ts";

export interface QueryProfileDeps {
  readonly snapshots: Snapshots<{ readonly accounts: { hasAccount(userId: UserId): Promise<boolean> } }>;
  readonly serverName: ServerName;
}

/**
 * What others may know of one of our users: nothing but that it exists, for nobody has a profile here.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile
 *
 * @throws MatrixError 400 `M_INVALID_PARAM`, 404 `M_NOT_FOUND` for an unknown user
 */
export async function queryProfile(deps: QueryProfileDeps, user: string): Promise<JsonObject> {
  const userId = requireLocalUser(user, deps.serverName, "user_id");
  if (await deps.snapshots.ask(({ accounts }) => accounts.hasAccount(userId))) return {};
  throw new MatrixError("M_NOT_FOUND", "There is no such user");
}
