import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { Requester } from "../kernel/requester.ts";

/**
 * A new alias is not one that an appservice has for itself, and an appservice makes only those of its namespaces.
 * https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
 *
 * @throws MatrixError 400 `M_EXCLUSIVE`
 */
export function refuseReservedAlias(appservices: Appservices, alias: RoomAlias, { appserviceId }: Requester): void {
  const maker = appserviceId === undefined ? undefined : appservices.find(appserviceId);
  if (maker && !maker.coversAlias(alias)) {
    throw new MatrixError("M_EXCLUSIVE", "This alias is in none of the appservice's namespaces");
  }
  if (appservices.all.some((appservice) => appservice !== maker && appservice.ownsAlias(alias))) {
    throw new MatrixError("M_EXCLUSIVE", "This alias is reserved for an application service");
  }
}
