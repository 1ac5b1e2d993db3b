import { type RoomAlias, requireRoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { RoomAliasStore } from "./room-alias-store.ts";

/** Aliases that one event may add: each is looked up. */
const mostNew = 100;

/**
 * Inside a unit that has the room exclusively, before a client's `m.room.canonical_alias` goes into it: the aliases that
 * it adds point to the room. Those that were in the event before may have gone since.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 *
 * @param before the content of the event in force, where there is one
 * @throws MatrixError `M_INVALID_PARAM` for what is no alias, `M_BAD_ALIAS` for one of another room or server or of none
 */
export async function requireAliasesOfRoom(
  { roomAliases }: { readonly roomAliases: Reading<RoomAliasStore> },
  roomId: RoomId,
  content: JsonObject,
  before: JsonObject | undefined,
): Promise<void> {
  const named = before === undefined ? [] : namesIn(before);
  const added = [...new Set(namesIn(content).map(requireAlias))].filter((alias) => !named.includes(alias));
  if (added.length > mostNew)
    throw new MatrixError("M_INVALID_PARAM", `At most ${mostNew} aliases can be added at once`);
  for (const alias of added) {
    if ((await roomAliases.findAlias(alias))?.roomId === roomId) continue;
    throw new MatrixError("M_BAD_ALIAS", `The alias ${alias} does not point to this room`);
  }
}

/** What stands where aliases do; an `alias` of null or "" means none. */
function namesIn({ alias, alt_aliases: others }: JsonObject): unknown[] {
  const one = alias === undefined || alias === null || alias === "" ? [] : [alias];
  if (others === undefined || others === null) return one;
  return [...one, ...(Array.isArray(others) ? others : [others])];
}

function requireAlias(name: unknown): RoomAlias {
  return requireRoomAlias(name, "m.room.canonical_alias");
}
