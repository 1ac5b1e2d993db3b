import { deleteRoomTagEndpoint } from "./delete-room-tag.ts";
import { getAccountDataPerRoomEndpoint } from "./get-account-data-per-room.ts";
import { getRoomTagsEndpoint } from "./get-room-tags.ts";
import { setAccountDataPerRoomEndpoint } from "./set-account-data-per-room.ts";
import { setRoomTagEndpoint } from "./set-room-tag.ts";

export const roomAccountDataEndpoints = [
  getAccountDataPerRoomEndpoint,
  setAccountDataPerRoomEndpoint,
  getRoomTagsEndpoint,
  setRoomTagEndpoint,
  deleteRoomTagEndpoint,
];
