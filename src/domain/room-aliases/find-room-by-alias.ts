import { type RoomAlias, serverNameOfAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { AppserviceGateway } from "../appservices/appservice-gateway.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { RoomAliasStore } from "./room-alias-store.ts";

export interface FindRoomByAliasDeps {
  readonly snapshots: Snapshots<{ roomAliases: RoomAliasStore }>;
  readonly appservices: Appservices;
  /** It shares requests for one alias that are under way, and remembers for a while that there is no such room. */
  readonly appserviceRooms: Pick<AppserviceGateway, "hasRoom">;
  readonly serverName: ServerName;
}

/**
 * The room that an alias of this server points to. One that is unknown is asked for, when it is in the namespace of an
 * appservice: that makes the room, and the alias, before it answers.
 * https://spec.matrix.org/v1.19/application-service-api/#querying
 *
 * @param requestedBy the id of the appservice that makes the request: it is not asked itself, for it may well wait for
 * the answer before it makes the room
 * @throws MatrixError `M_NOT_FOUND`, for aliases of other servers too
 */
export async function findRoomByAlias(
  deps: FindRoomByAliasDeps,
  alias: RoomAlias,
  requestedBy: string | undefined,
): Promise<RoomId> {
  const find = async () => {
    const found = await deps.snapshots.ask(({ roomAliases }) => roomAliases.findAlias(alias));
    return found?.roomId;
  };
  if (serverNameOfAlias(alias) !== deps.serverName) throw unknownAlias();
  const roomId = (await find()) ?? ((await isMadeByAppservice(deps, alias, requestedBy)) ? await find() : undefined);
  if (roomId === undefined) throw unknownAlias();
  return roomId;
}

async function isMadeByAppservice(
  { appservices, appserviceRooms }: FindRoomByAliasDeps,
  alias: RoomAlias,
  requestedBy: string | undefined,
): Promise<boolean> {
  const covering = appservices.all.filter((appservice) => appservice.coversAlias(alias));
  const asked = covering.find((appservice) => appservice.ownsAlias(alias)) ?? covering[0];
  if (!asked || asked.id === requestedBy || asked.registration.url === undefined) return false;
  return (await appserviceRooms.hasRoom(asked, alias)) === true;
}

export function unknownAlias(): MatrixError {
  return new MatrixError("M_NOT_FOUND", "There is no room with this alias here");
}
