import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type InRoomDeps, inRoom } from "../rooms/in-room.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import type { RoomInUnit } from "../rooms/room-in-unit.ts";
import type { RoomWritingStores } from "../rooms/room-writer.ts";
import { appendMembership, membershipIn, removalContent } from "./append-membership.ts";
import type { DepartureStore } from "./departure-store.ts";

interface DepartingStores extends RoomWritingStores {
  readonly memberships: MembershipStore;
  readonly departures: DepartureStore;
}

export type LeaveAllRoomsDeps = InRoomDeps<DepartingStores>;

/** Users whose departures are finished in one round. */
const mostUsers = 100;

/** Finishes the departures that a crash has cut short. */
export async function finishDepartures(deps: LeaveAllRoomsDeps): Promise<void> {
  const users = await deps.unitOfWork.run({}, ({ departures }) => departures.listDepartures(mostUsers));
  for (const userId of users) await leaveAllRooms(deps, userId);
}

/**
 * A user whose account has ended, and whose departure is noted, leaves all rooms and declines all invites: a unit for
 * each room, so that nobody waits for long. Whose account has ended cannot join or be invited any more.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate
 */
export async function leaveAllRooms(deps: LeaveAllRoomsDeps, userId: UserId): Promise<void> {
  const rooms = await deps.unitOfWork.run({}, ({ memberships }) =>
    memberships.listRooms(userId, ["join", "invite", "knock"]),
  );
  for (const { roomId } of rooms) await leaveFor(deps, userId, roomId);
  await deps.unitOfWork.run({ exclusive: [userId] }, ({ departures }) => departures.remove(userId));
}

async function leaveFor(deps: LeaveAllRoomsDeps, userId: UserId, roomId: RoomId): Promise<void> {
  const act = async (unit: RoomInUnit) => {
    const room = await unit.open();
    const membership = await membershipIn(room, userId);
    if (membership === undefined || membership === "leave" || membership === "ban") return;
    await appendMembership(room, userId, userId, removalContent("leave", undefined));
  };
  await inRoom(deps, { roomId, shared: [userId], act });
}
