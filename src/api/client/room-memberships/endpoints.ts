import { banEndpoint } from "./ban.ts";
import { createRoomEndpoint } from "./create-room.ts";
import { forgetRoomEndpoint } from "./forget-room.ts";
import { getJoinedRoomsEndpoint } from "./get-joined-rooms.ts";
import { inviteUserEndpoint } from "./invite-user.ts";
import { joinRoomEndpoint } from "./join-room.ts";
import { joinRoomByIdEndpoint } from "./join-room-by-id.ts";
import { kickEndpoint } from "./kick.ts";
import { knockRoomEndpoint } from "./knock-room.ts";
import { leaveRoomEndpoint } from "./leave-room.ts";
import { unbanEndpoint } from "./unban.ts";

export const roomMembershipEndpoints = [
  banEndpoint,
  createRoomEndpoint,
  forgetRoomEndpoint,
  getJoinedRoomsEndpoint,
  inviteUserEndpoint,
  joinRoomByIdEndpoint,
  joinRoomEndpoint,
  kickEndpoint,
  knockRoomEndpoint,
  leaveRoomEndpoint,
  unbanEndpoint,
] as const;
