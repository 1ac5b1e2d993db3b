import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { EventId } from "../../../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../../src/protocol/identifiers/room-id.ts";
import type { JsonObject } from "../../../../src/protocol/json.ts";
import { creator, type JudgedRoom } from "./judged-room.ts";
import { numbered, testRules } from "./rule-case.ts";

function create(room: JudgedRoom, content: JsonObject = {}, more: Partial<JudgedEvent> = {}): JudgedEvent {
  const { creatorInContent, roomIdIsHash, id } = room.version;
  return {
    ...room.stateEvent("m.room.create", "", creator),
    prevEvents: [],
    roomId: roomIdIsHash ? undefined : room.id,
    content: { room_version: id, ...(creatorInContent ? { creator } : {}), ...content },
    ...more,
  };
}

const additional = (users: JsonObject[string]) => (room: JudgedRoom) => create(room, { additional_creators: users });
const roomId = (id: string | undefined) => (room: JudgedRoom) => create(room, {}, { roomId: id as RoomId });

testRules([
  {
    rule: numbered("1.1", "1.1"),
    says: "m.room.create has no previous events",
    allowed: [(room) => create(room)],
    refused: [(room) => create(room, {}, { prevEvents: ["$x" as EventId] })],
  },
  {
    rule: { 10: "1.2", 11: "1.2" },
    says: "the room id is of the sender's server",
    allowed: [roomId("!room:here"), roomId("!:here")],
    refused: [roomId("!room:there"), roomId("!room:here:8448"), roomId("!room"), roomId("!here"), roomId(undefined)],
  },
  {
    rule: { 12: "1.2" },
    says: "m.room.create has no room id",
    allowed: [roomId(undefined)],
    refused: [roomId("!room:here"), roomId("!room")],
  },
  {
    rule: numbered("1.3", "1.3"),
    says: "the room version, where there is one, is known",
    allowed: [
      (room) => create(room),
      (room) => {
        const { room_version: _, ...content } = create(room).content;
        return create(room, {}, { content });
      },
    ],
    refused: ["13", "org.example", "", 11, null].map((version) => (room) => create(room, { room_version: version })),
  },
  {
    rule: { 10: "1.4" },
    says: "content.creator is there",
    allowed: [(room) => create(room, { creator: "@other:here" })],
    refused: [(room) => create(room, {}, { content: { room_version: "10" } })],
  },
  {
    rule: { 11: "1.4" },
    says: "content.creator is not needed, and additional_creators is not looked at",
    allowed: [(room) => create(room, {}, { content: {} }), additional("text"), additional(["text"])],
    refused: [],
  },
  {
    rule: { 12: "1.4" },
    says: "additional_creators is a list of user ids",
    allowed: [
      additional([]),
      additional(["@a:b", "@HISTORICAL name:b:80"]),
      (room) => create(room, {}, { content: {} }),
    ],
    refused: [
      ...["@a:b", null, {}, { 0: "@a:b" }, [1], ["@a:b", "a"], ["@a"], [null], [["@a:b"]]].map(additional),
      additional([`@${"a".repeat(255)}:b`]),
    ],
  },
]);
