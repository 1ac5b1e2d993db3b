import { roomIdOfCreate } from "../../protocol/events/event-hashes.ts";
import type { RoomVersion } from "../../protocol/events/room-version.ts";
import { sealEvent } from "../../protocol/events/seal-event.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Random } from "../kernel/random.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { RoomWriter, type RoomWritingDeps, type RoomWritingStores } from "./room-writer.ts";

/** A room that does not exist yet. */
export interface RoomPlan {
  readonly roomId: RoomId;
  readonly version: RoomVersion;
  readonly creator: UserId;
  /** Of the `m.room.create` event. */
  readonly content: JsonObject;
  /** Ms since the epoch, of the same event. */
  readonly originServerTs: number;
}

/**
 * Decides on the id of a new room: in version 12 it follows from the create event, before it is random.
 *
 * @param content of the create event, but for what the server itself writes there
 * @param originServerTs ms since the epoch; absent: now. In version 12, rooms that are alike but for it have ids of their own
 * @throws MatrixError as `sealEvent`
 */
export function planRoom(
  deps: RoomWritingDeps & { readonly random: Random },
  version: RoomVersion,
  creator: UserId,
  content: JsonObject,
  originServerTs: number = deps.clock.now(),
): RoomPlan {
  const complete = { ...content, room_version: version.id, ...(version.creatorInContent ? { creator } : {}) };
  if (!version.roomIdIsHash) {
    const roomId = `!${deps.random.bytes(18).toString("base64url")}:${deps.serverName}` as RoomId;
    return { roomId, version, creator, content: complete, originServerTs };
  }
  const create = {
    ...{ auth_events: [], prev_events: [], depth: 1, type: "m.room.create", state_key: "" },
    ...{ sender: creator, content: complete, origin_server_ts: originServerTs },
  };
  const { pdu } = sealEvent(create, version, deps.serverName, deps.signingKey);
  return { roomId: roomIdOfCreate(pdu, version), version, creator, content: complete, originServerTs };
}

/** Inside a unit that has the room exclusively: makes it, with its create event. */
export async function beginRoom(
  deps: RoomWritingDeps,
  stores: RoomWritingStores,
  commit: Commit,
  { roomId, version, creator, content, originServerTs }: RoomPlan,
): Promise<RoomWriter> {
  await stores.rooms.add(roomId, version.id);
  const head = { depth: 0, stateAfter: undefined, lastSnapshot: 0, joinedMembers: 0, invitedMembers: 0 };
  const nothing = { extremities: [], state: { places: [], events: [] } };
  const writer = new RoomWriter(deps, stores, commit, { roomId, version, head, ...nothing });
  await writer.append({ type: "m.room.create", stateKey: "", sender: creator, content, originServerTs });
  return writer;
}
