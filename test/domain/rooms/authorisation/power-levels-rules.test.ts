import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../../src/protocol/json.ts";
import { admin, baseLevels, creator, deputy, type JudgedRoom, member, moderator, peer } from "./judged-room.ts";
import { numbered, testRules } from "./rule-case.ts";

type Attempt = (room: JudgedRoom) => JudgedEvent;

const { users, events, notifications } = baseLevels;
const names = ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];
const noLevels: JsonValue[] = ["50", 0.5, null, true, {}, [], 2 ** 53, -(2 ** 53)];

/** The base levels, but for these. */
const change =
  (sender: UserId, levels: JsonObject): Attempt =>
  (room) =>
    room.powerLevels(sender, levels);

/** The same, where other levels than the base ones are in force. */
const changeFrom =
  (before: JsonObject, sender: UserId, levels: JsonObject): Attempt =>
  (room) => {
    room.setLevels(before);
    return room.powerLevels(sender, { ...before, ...levels });
  };

/** Entries of `users`, but for these: `undefined` takes one away. */
const changeUsers =
  (sender: UserId, entries: { [userId: string]: JsonValue | undefined }): Attempt =>
  (room) => {
    const all = { ...(room.levels({})["users"] as JsonObject), ...entries };
    return room.powerLevels(sender, { users: JSON.parse(JSON.stringify(all)) });
  };

const without = (object: JsonObject, name: string): JsonObject => {
  const { [name]: _, ...rest } = object;
  return rest;
};

const withoutName =
  (sender: UserId, name: string, before: JsonObject = {}): Attempt =>
  (room) => {
    room.setLevels(before);
    return room.stateEvent("m.room.power_levels", "", sender, without(room.levels(before), name));
  };

/** In a room without levels. */
const first =
  (sender: UserId, content: JsonObject): Attempt =>
  (room) => {
    room.remove("m.room.power_levels");
    return room.stateEvent("m.room.power_levels", "", sender, content);
  };

testRules([
  {
    rule: numbered("9.1", "10.1"),
    says: "levels are integers",
    allowed: [
      ...names.flatMap((name) =>
        [0, -1, 2 ** 53 - 1, -(2 ** 53) + 1].map((level) => first(creator, { [name]: level })),
      ),
      first(creator, {}),
      first(creator, { historical: "text" }),
    ],
    refused: names.flatMap((name) => noLevels.map((level) => first(creator, { [name]: level }))),
  },
  {
    rule: numbered("9.2", "10.2"),
    says: "events and notifications are objects with integers",
    allowed: [first(creator, { events: { constructor: 1 }, notifications: {} })],
    refused: ["events", "notifications"].flatMap((name) =>
      [[], [1], "text", 1, null, ...noLevels.map((level) => ({ fine: 1, x: level }))].map((levels) =>
        first(creator, { [name]: levels }),
      ),
    ),
  },
  {
    rule: numbered("9.3", "10.3"),
    says: "users is an object with integers by user id",
    allowed: [first(creator, { users: {} }), first(creator, { users: { [member]: 1, "@Historical name:x": -1 } })],
    refused: [
      [],
      [1],
      "text",
      null,
      { nobody: 1 },
      { "@nobody": 1 },
      { "": 1 },
      ...noLevels.map((level) => ({ [member]: level })),
    ].map((levels) => first(creator, { users: levels })),
  },
  {
    rule: { 12: "10.4" },
    says: "users does not name creators",
    allowed: [changeUsers(creator, { [member]: 1 })],
    refused: [
      changeUsers(creator, { [creator]: 100 }),
      first(creator, { users: { [creator]: 0 } }),
      (room) => {
        room.put("m.room.create", "", creator, { additional_creators: [member] });
        return changeUsers(creator, { [member]: 100 })(room);
      },
      (room) => {
        room.put("m.room.create", "", creator, { additional_creators: [member] });
        return changeUsers(member, { [creator]: 100 })(room);
      },
    ],
  },
  {
    rule: numbered("9.4", "10.5"),
    says: "the first levels may be any",
    allowed: [
      first(creator, { users: { [member]: 1000 }, ban: 1000, events: { x: 1000 }, notifications: { room: 1000 } }),
    ],
    refused: [changeUsers(admin, { [member]: 1000 })],
    refusedBy: numbered("9.9.1", "10.10.1"),
  },
  {
    rule: numbered("9.5.1", "10.6.1"),
    says: "a level above one's own is neither changed nor removed",
    allowed: names.flatMap((name) => [
      changeFrom({ [name]: 20 }, moderator, { [name]: 10 }),
      changeFrom({ [name]: 20 }, moderator, { [name]: 50 }),
      withoutName(moderator, name, { [name]: 20 }),
    ]),
    refused: [
      ...["ban", "redact", "kick", "invite", "state_default", "events_default"].flatMap((name) => [
        changeFrom({ [name]: 51 }, moderator, { [name]: 50 }),
        changeFrom({ [name]: 60 }, moderator, { [name]: 70 }),
        withoutName(moderator, name, { [name]: 51 }),
      ]),
      changeFrom({ users_default: 51 }, moderator, { users_default: 50 }),
      // What is absent is the default, 50.
      (room) => {
        const before = without(room.levels({}), "ban");
        room.put("m.room.power_levels", "", creator, before);
        return room.stateEvent("m.room.power_levels", "", deputy, { ...before, ban: 10 });
      },
    ],
  },
  {
    rule: numbered("9.5.2", "10.6.2"),
    says: "no level is set above one's own",
    allowed: names.map((name) => change(moderator, { [name]: 49 })),
    refused: [
      ...names.map((name) => change(moderator, { [name]: 51 })),
      // The default, 50, is what comes.
      ...["ban", "redact", "kick", "state_default"].map((name) => withoutName(deputy, name, { [name]: 25 })),
    ],
  },
  {
    rule: numbered("9.6.1", "10.7.1"),
    says: "entries above one's own level are neither changed nor removed",
    allowed: [
      change(moderator, { events: { ...events, "m.room.name": 10 } }),
      change(moderator, { events: without(events, "m.room.name") }),
      change(moderator, { notifications: { ...notifications, other: 50 } }),
      change(moderator, { notifications: without(notifications, "other") }),
      change(admin, { events: {}, notifications: {} }),
    ],
    refused: [
      change(moderator, { events: { ...events, "m.room.topic": 50 } }),
      change(moderator, { events: { ...events, "m.room.topic": 90 } }),
      change(moderator, { events: without(events, "m.room.topic") }),
      change(moderator, { events: {} }),
      withoutName(moderator, "events"),
      change(moderator, { notifications: { ...notifications, room: 50 } }),
      change(moderator, { notifications: without(notifications, "room") }),
      withoutName(moderator, "notifications"),
      change(deputy, { events: { ...events, "m.room.name": 10 } }),
    ],
  },
  {
    rule: numbered("9.7.1", "10.8.1"),
    says: "no entry is set above one's own level",
    allowed: [
      change(moderator, { events: { ...events, added: 50, constructor: 50 } }),
      change(moderator, { notifications: { ...notifications, added: 50 } }),
      change(admin, { events: { ...events, "m.room.topic": 100 } }),
    ],
    refused: [
      change(moderator, { events: { ...events, added: 51 } }),
      change(moderator, { events: { ...events, constructor: 51 } }),
      change(moderator, { events: { ...events, "m.room.name": 51 } }),
      change(moderator, { notifications: { ...notifications, added: 51 } }),
      change(moderator, { notifications: { ...notifications, other: 51 } }),
    ],
  },
  {
    rule: numbered("9.8.1", "10.9.1"),
    says: "users of one's own power or more keep what they have; oneself need not",
    allowed: [
      changeUsers(moderator, { [deputy]: 0 }),
      changeUsers(moderator, { [deputy]: undefined }),
      changeUsers(moderator, { [moderator]: 10 }),
      changeUsers(moderator, { [moderator]: undefined }),
      changeUsers(admin, { [peer]: 0, [moderator]: 100 }),
    ],
    refused: [
      changeUsers(moderator, { [peer]: 49 }),
      changeUsers(moderator, { [peer]: 51 }),
      changeUsers(moderator, { [peer]: undefined }),
      changeUsers(moderator, { [admin]: 50 }),
      changeUsers(moderator, { [admin]: undefined }),
      change(moderator, { users: {} }),
      withoutName(moderator, "users"),
      changeUsers(moderator, { [moderator]: 10, [peer]: 10 }),
    ],
  },
  {
    rule: numbered("9.9.1", "10.10.1"),
    says: "nobody gives more power than they have",
    allowed: [
      changeUsers(moderator, { [member]: 50 }),
      changeUsers(moderator, { [deputy]: 50 }),
      changeUsers(admin, { [member]: 100 }),
    ],
    refused: [
      changeUsers(moderator, { [member]: 51 }),
      changeUsers(moderator, { [deputy]: 51 }),
      changeUsers(moderator, { [moderator]: 51 }),
      changeUsers(admin, { [admin]: 101 }),
      changeUsers(deputy, { [member]: 26 }),
    ],
  },
  {
    rule: { 10: "9.10", 11: "9.10", 12: "10.10" },
    says: "what changes nothing is allowed",
    allowed: [change(deputy, {}), change(deputy, { historical: 100 })],
    refused: [],
  },
  {
    rule: { 10: "9.8.1", 11: "9.8.1" },
    says: "the creator's power is a level like others",
    allowed: [changeUsers(creator, { [creator]: 0 }), changeUsers(creator, { [creator]: undefined })],
    refused: [changeUsers(admin, { [creator]: 0 })],
  },
  {
    rule: { 12: "10.6" },
    says: "creators change every level, to every level",
    allowed: [
      changeFrom({ ban: 2 ** 53 - 1 }, creator, { ban: 0 }),
      change(creator, { kick: 2 ** 53 - 1, events: { x: 2 ** 53 - 1 }, notifications: { room: 2 ** 53 - 1 } }),
      changeUsers(creator, { [admin]: undefined, [member]: 2 ** 53 - 1 }),
      change(creator, { users: { ...users, [peer]: 1000 } }),
      (room) => {
        room.put("m.room.create", "", creator, { additional_creators: [member] });
        return changeUsers(member, { [admin]: 0 })(room);
      },
    ],
    refused: [],
  },
]);
