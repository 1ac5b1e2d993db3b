import { deleteRoomAliasEndpoint } from "./delete-room-alias.ts";
import { getLocalAliasesEndpoint } from "./get-local-aliases.ts";
import { getRoomIdByAliasEndpoint } from "./get-room-id-by-alias.ts";
import { setRoomAliasEndpoint } from "./set-room-alias.ts";

export const roomAliasEndpoints = [
  deleteRoomAliasEndpoint,
  getLocalAliasesEndpoint,
  getRoomIdByAliasEndpoint,
  setRoomAliasEndpoint,
] as const;
