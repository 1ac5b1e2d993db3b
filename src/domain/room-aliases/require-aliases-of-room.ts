import { type RoomAlias, requireRoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { RoomAliasStore } from "./room-alias-store.ts";

/** Aliases that one event may add: each is looked up. */
const mostNew = 100;

/** A state event of a client. */
interface StateEvent {
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

/**
 * Inside a unit that has the room exclusively, before a client's state event goes into it. Where that is the room's
 * `m.room.canonical_alias`, the aliases that it adds point to the room. Those that were in it before may have gone since.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 *
 * @param before the content of the event in force, where there is one
 * @throws MatrixError `M_INVALID_PARAM` for what is no alias, or no list of them; `M_BAD_ALIAS` for an alias of another room
 * or server or of none
 */
export async function requireAliasesOfRoom(
  { roomAliases }: { readonly roomAliases: Reading<RoomAliasStore> },
  roomId: RoomId,
  { type, stateKey, content }: StateEvent,
  before: JsonObject | undefined,
): Promise<void> {
  // With another state key it says nothing of the room.
  if (type !== "m.room.canonical_alias" || stateKey !== "") return;
  const { alt_aliases: others } = content;
  if (others !== undefined && others !== null && !Array.isArray(others)) {
    throw new MatrixError("M_INVALID_PARAM", "alt_aliases must be a list of room aliases");
  }
  const named = new Set(before === undefined ? [] : namesIn(before));
  const added = [...new Set(namesIn(content))].filter((name) => !named.has(name)).map(requireAlias);
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
  return Array.isArray(others) ? [...one, ...others] : one;
}

function requireAlias(name: unknown): RoomAlias {
  return requireRoomAlias(name, "m.room.canonical_alias");
}
