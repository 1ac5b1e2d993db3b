import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservice, Appservices } from "./appservices.ts";

/**
 * A new user's name is not one that an appservice has for itself.
 * https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
 *
 * @param maker the appservice that makes the user, which may have what it has for itself
 * @throws MatrixError 400 `M_EXCLUSIVE`
 */
export function refuseExclusive(appservices: Appservices, userId: UserId, maker?: Appservice): void {
  if (maker?.owns(userId) || !appservices.ownerOf(userId)) return;
  throw new MatrixError("M_EXCLUSIVE", "This user name is reserved for an application service");
}
