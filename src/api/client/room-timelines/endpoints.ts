import { getEventByTimestampEndpoint } from "./get-event-by-timestamp.ts";
import { getEventContextEndpoint } from "./get-event-context.ts";
import { getJoinedMembersByRoomEndpoint } from "./get-joined-members-by-room.ts";
import { getMembersByRoomEndpoint } from "./get-members-by-room.ts";
import { getOneRoomEventEndpoint } from "./get-one-room-event.ts";
import { getRelatingEventsEndpoint } from "./get-relating-events.ts";
import { getRelatingEventsWithRelTypeEndpoint } from "./get-relating-events-with-rel-type.ts";
import { getRelatingEventsWithRelTypeAndEventTypeEndpoint } from "./get-relating-events-with-rel-type-and-event-type.ts";
import { getRoomEventsEndpoint } from "./get-room-events.ts";
import { getRoomStateEndpoint } from "./get-room-state.ts";
import { getRoomStateWithKeyEndpoint } from "./get-room-state-with-key.ts";
import { getThreadRootsEndpoint } from "./get-thread-roots.ts";
import { redactEventEndpoint } from "./redact-event.ts";
import { sendMessageEndpoint } from "./send-message.ts";
import { setRoomStateWithKeyEndpoint } from "./set-room-state-with-key.ts";

export const roomTimelineEndpoints = [
  getEventByTimestampEndpoint,
  getEventContextEndpoint,
  getJoinedMembersByRoomEndpoint,
  getMembersByRoomEndpoint,
  getOneRoomEventEndpoint,
  getRelatingEventsEndpoint,
  getRelatingEventsWithRelTypeAndEventTypeEndpoint,
  getRelatingEventsWithRelTypeEndpoint,
  getRoomEventsEndpoint,
  getRoomStateEndpoint,
  getRoomStateWithKeyEndpoint,
  getThreadRootsEndpoint,
  redactEventEndpoint,
  sendMessageEndpoint,
  setRoomStateWithKeyEndpoint,
] as const;
