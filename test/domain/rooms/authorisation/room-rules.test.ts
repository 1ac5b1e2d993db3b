import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { RoomId } from "../../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../../src/protocol/json.ts";
import {
  admin,
  banned,
  creator,
  deputy,
  foreigner,
  gone,
  invited,
  type JudgedRoom,
  knocking,
  member,
  moderator,
  stranger,
} from "./judged-room.ts";
import { numbered, testRules } from "./rule-case.ts";

const message = (room: JudgedRoom, sender: UserId = member) => room.event("m.room.message", sender, { body: "b" });

function putCreate(room: JudgedRoom, content: JsonObject): void {
  room.put("m.room.create", "", creator, { ...room.create.content, ...content });
}

/** A message where the state has levels of its own. */
const withLevels =
  (levels: JsonObject, event: (room: JudgedRoom) => JudgedEvent) =>
  (room: JudgedRoom): JudgedEvent => {
    room.setLevels(levels);
    return event(room);
  };

const withoutLevels =
  (event: (room: JudgedRoom) => JudgedEvent) =>
  (room: JudgedRoom): JudgedEvent => {
    room.remove("m.room.power_levels");
    return event(room);
  };

testRules([
  {
    rule: { 10: "2.4", 11: "2.4" },
    says: "the room has an m.room.create event",
    allowed: [(room) => message(room)],
    refused: [
      (room) => {
        room.remove("m.room.create");
        return { ...message(room), roomId: "!room:here" as RoomId };
      },
    ],
  },
  {
    rule: { 12: "2" },
    says: "the room id is the id of the m.room.create event",
    allowed: [(room) => message(room), (room) => room.membership(stranger, "join")],
    refused: [
      (room) => ({ ...message(room), roomId: "!other" as RoomId }),
      (room) => ({ ...message(room), roomId: `${room.id}:here` as RoomId }),
      (room) => ({ ...message(room), roomId: undefined }),
      (room) => {
        const event = message(room);
        room.remove("m.room.create");
        return event;
      },
    ],
  },
  {
    rule: numbered("3", "4"),
    says: "a room that does not federate takes events of its own server alone",
    allowed: [
      (room) => room.membership(foreigner, "join"),
      (room) => {
        putCreate(room, { "m.federate": true });
        return room.membership(foreigner, "join");
      },
      (room) => {
        putCreate(room, { "m.federate": "false" });
        return room.membership(foreigner, "join");
      },
      (room) => {
        putCreate(room, { "m.federate": false });
        return room.membership(stranger, "join");
      },
    ],
    refused: [
      (room) => {
        putCreate(room, { "m.federate": false });
        return room.membership(foreigner, "join");
      },
      (room) => {
        room.setMember(foreigner, "join");
        putCreate(room, { "m.federate": false });
        return message(room, foreigner);
      },
    ],
  },
  {
    rule: numbered("5", "6"),
    says: "only who is in the room sends events to it",
    allowed: [(room) => message(room), (room) => room.stateEvent("m.room.name", "", moderator)],
    refused: [
      ...[stranger, invited, knocking, banned, gone].map((sender) => (room: JudgedRoom) => message(room, sender)),
      (room) => {
        room.setMember(creator, "leave");
        return message(room, creator);
      },
      (room) => {
        room.put("m.room.member", member, member, {});
        return message(room);
      },
    ],
  },
  {
    rule: numbered("6.1", "7.1"),
    says: "a third-party invite needs the power to invite, and that alone",
    allowed: [
      (room) => room.stateEvent("m.room.third_party_invite", "token", member),
      withLevels({ invite: 25 }, (room) => room.stateEvent("m.room.third_party_invite", "token", deputy)),
      withLevels({ events: { "m.room.third_party_invite": 100 } }, (room) =>
        room.stateEvent("m.room.third_party_invite", "@token", member),
      ),
      withoutLevels((room) => room.stateEvent("m.room.third_party_invite", "token", member)),
    ],
    refused: [
      withLevels({ invite: 26 }, (room) => room.stateEvent("m.room.third_party_invite", "token", deputy)),
      withLevels({ invite: 1 }, (room) => room.stateEvent("m.room.third_party_invite", "token", member)),
    ],
  },
  {
    rule: numbered("7", "8"),
    says: "an event needs the power that its type requires",
    allowed: [
      (room) => room.event("m.reaction", deputy),
      (room) => room.stateEvent("m.room.name", "", moderator),
      (room) => room.stateEvent("org.example.other", "", moderator),
      (room) => room.stateEvent("constructor", "", moderator),
      (room) => room.stateEvent("m.room.tombstone", "", creator),
      withLevels({ events_default: 25 }, (room) => room.event("m.room.message", deputy)),
      withLevels({ events_default: 100, events: { "m.room.message": -1 } }, (room) => message(room)),
      withLevels({ state_default: -5, users_default: -5 }, (room) => room.stateEvent("org.example.other", "", member)),
      withLevels({ users: {}, users_default: 80 }, (room) => room.stateEvent("m.room.topic", "", member)),
      withoutLevels((room) => message(room)),
      withoutLevels((room) => room.stateEvent("m.room.name", "", creator)),
      // The level to redact is not what allows an m.room.redaction.
      (room) => room.event("m.room.redaction", member),
    ],
    refused: [
      (room) => room.event("m.reaction", member),
      (room) => room.stateEvent("m.room.name", "", deputy),
      (room) => room.stateEvent("m.room.topic", "", moderator),
      (room) => room.stateEvent("org.example.other", "", deputy),
      (room) => room.stateEvent("constructor", "", deputy),
      // A state event, though its state key is empty.
      (room) => room.stateEvent("m.room.message", "", deputy),
      withLevels({ events_default: 26 }, (room) => message(room, deputy)),
      withLevels({ users_default: -1 }, (room) => message(room)),
      withLevels({ events: { "m.room.redaction": 51 } }, (room) => room.event("m.room.redaction", moderator)),
      withoutLevels((room) => room.stateEvent("m.room.name", "", admin)),
    ],
  },
  {
    rule: numbered("8", "9"),
    says: "a state key that begins with @ is its sender's",
    allowed: [
      (room) => room.stateEvent("org.example.own", moderator, moderator),
      (room) => room.stateEvent("org.example.own", `_${member}`, moderator),
    ],
    refused: [
      (room) => room.stateEvent("org.example.own", member, moderator),
      (room) => room.stateEvent("org.example.own", "@", creator),
      (room) => room.stateEvent("org.example.own", `${moderator}_x`, moderator),
    ],
  },
  {
    rule: numbered("10", "11"),
    says: "what no rule refuses is allowed",
    allowed: [
      (room) => room.stateEvent("m.room.join_rules", "", moderator, { join_rule: "private" }),
      (room) => room.stateEvent("org.example.own", "key", admin),
      (room) => room.event("m.room.encrypted", member),
      // Without a state key it is a message.
      (room) => room.event("m.room.join_rules", member),
    ],
    refused: [],
  },
]);

testRules([
  {
    rule: { 12: "8" },
    says: "creators have all the power, whatever the levels say",
    allowed: [
      withLevels({ events: { "m.room.tombstone": 2 ** 53 - 1 } }, (room) =>
        room.stateEvent("m.room.tombstone", "", creator),
      ),
      withLevels({ events: { "m.room.tombstone": 150 } }, (room) => {
        putCreate(room, { additional_creators: [member] });
        return room.stateEvent("m.room.tombstone", "", member);
      }),
      withoutLevels((room) => {
        putCreate(room, { additional_creators: [member] });
        return room.stateEvent("m.room.name", "", member);
      }),
    ],
    refused: [
      withLevels({ events: { "m.room.tombstone": 150 } }, (room) => {
        putCreate(room, { additional_creators: [member] });
        return room.stateEvent("m.room.tombstone", "", admin);
      }),
      withoutLevels((room) => {
        putCreate(room, { creator: member });
        return room.stateEvent("m.room.name", "", member);
      }),
    ],
  },
  {
    rule: { 10: "7", 11: "7" },
    says: "additional_creators gives no power, and the creator none beyond the levels",
    allowed: [
      (room) => {
        room.setLevels({ users: { [creator]: 50 } });
        return room.stateEvent("m.room.name", "", creator);
      },
    ],
    refused: [
      withoutLevels((room) => {
        putCreate(room, { additional_creators: [member] });
        return room.stateEvent("m.room.name", "", member);
      }),
      withLevels({ users: {} }, (room) => room.stateEvent("m.room.name", "", creator)),
    ],
  },
  {
    rule: { 10: "7" },
    says: "the creator is who content.creator says",
    allowed: [
      withoutLevels((room) => {
        putCreate(room, { creator: member });
        return room.stateEvent("m.room.name", "", member);
      }),
    ],
    refused: [
      withoutLevels((room) => {
        putCreate(room, { creator: member });
        return room.stateEvent("m.room.name", "", creator);
      }),
    ],
  },
]);
