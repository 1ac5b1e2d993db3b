import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { parseUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import { isJoined, readRoomPowers } from "../rooms/room-powers.ts";
import type { RoomWriter } from "../rooms/room-writer.ts";

interface JoiningStores {
  readonly memberships: Reading<MembershipStore>;
}

/** Members that are looked at together. */
const pageSize = 100;

/**
 * Inside a unit that has the room: who of this server lets a user in who was not invited, where a room is restricted to
 * members of others. https://spec.matrix.org/v1.19/client-server-api/#restricted-rooms
 *
 * @returns `undefined` where the room is not restricted
 * @throws MatrixError `M_FORBIDDEN` when the user meets none of the conditions, or nobody here may let anyone in
 */
export async function authoriserOfJoin(
  stores: JoiningStores,
  serverName: ServerName,
  room: RoomWriter,
  userId: UserId,
): Promise<UserId | undefined> {
  const rules = (await room.findState("m.room.join_rules", ""))?.content;
  if (rules?.["join_rule"] !== "restricted" && rules?.["join_rule"] !== "knock_restricted") return undefined;
  const joined = await stores.memberships.listRooms(userId, ["join"]);
  const rooms = new Set<unknown>(joined.map(({ roomId }) => roomId));
  if (!conditionsIn(rules["allow"]).some((condition) => rooms.has(condition))) {
    throw new MatrixError("M_FORBIDDEN", "You are in none of the rooms whose members may join this one");
  }
  const authoriser = await findInviter(stores, serverName, room);
  if (authoriser === undefined) {
    throw new MatrixError("M_FORBIDDEN", "Nobody of this server who is in the room may let you in");
  }
  return authoriser;
}

/** The rooms whose members may join. Other kinds of conditions are not known. */
function conditionsIn(allow: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(allow)) return [];
  return allow.flatMap((condition) => {
    const isKnown = isJsonObject(condition) && condition["type"] === "m.room_membership";
    return isKnown && condition["room_id"] !== undefined ? [condition["room_id"]] : [];
  });
}

/** Those who have a power of their own first: where all others may invite as well, the first of them who is there does. */
async function findInviter(
  { memberships }: JoiningStores,
  serverName: ServerName,
  room: RoomWriter,
): Promise<UserId | undefined> {
  const powers = await readRoomPowers(room);
  const mayInvite = (userId: UserId) => serverNameOf(userId) === serverName && powers.has(userId, "invite");
  for (const name of powers.named) {
    const userId = parseUserId(name);
    if (userId && mayInvite(userId) && (await isJoined(room, userId))) return userId;
  }
  // Of all who have no power of their own.
  if (!powers.has("", "invite")) return undefined;
  let after: UserId | undefined;
  for (;;) {
    const page = await memberships.listMembers(room.roomId, "join", after, pageSize);
    // Somebody before us in this unit may have taken them out.
    for (const { userId } of page) if (mayInvite(userId) && (await isJoined(room, userId))) return userId;
    if (page.length < pageSize) return undefined;
    after = page.at(-1)?.userId;
  }
}
