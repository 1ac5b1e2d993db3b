import { MatrixError } from "../../protocol/matrix-error.ts";
import type { RoomAliasEntry, RoomAliasStore } from "./room-alias-store.ts";

/** Aliases of one room here: they are listed all at once. */
const mostAliases = 100;

/**
 * Inside a unit that has the alias exclusively, and its room.
 *
 * @param now ms since the epoch
 * @returns whether it was free
 * @throws MatrixError `M_RESOURCE_LIMIT_EXCEEDED`
 */
export async function addRoomAlias(
  { roomAliases }: { readonly roomAliases: RoomAliasStore },
  entry: RoomAliasEntry,
  now: number,
): Promise<boolean> {
  if (await roomAliases.findAlias(entry.alias)) return false;
  if ((await roomAliases.countAliases(entry.roomId)) >= mostAliases) {
    throw new MatrixError("M_RESOURCE_LIMIT_EXCEEDED", `A room has at most ${mostAliases} aliases here`);
  }
  await roomAliases.add(entry, now);
  return true;
}
