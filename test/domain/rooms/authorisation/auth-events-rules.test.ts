import assert from "node:assert/strict";
import type { JudgedEvent, NamedAuthEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { RoomId } from "../../../../src/protocol/identifiers/room-id.ts";
import { admin, creator, invited, type JudgedRoom, member, moderator, stranger } from "./judged-room.ts";
import { numbered, testRules } from "./rule-case.ts";

const message = (room: JudgedRoom) => room.event("m.room.message", member, { body: "b" });
const join = (room: JudgedRoom) => room.membership(stranger, "join");

/** An event that names others than it should. */
const naming =
  (change: (selected: readonly NamedAuthEvent[], room: JudgedRoom) => readonly NamedAuthEvent[], event = message) =>
  (room: JudgedRoom): JudgedEvent => {
    room.naming = (selected) => change(selected, room);
    return event(room);
  };

/** Beside those that it should. */
const namingAlso = (other: (room: JudgedRoom) => NamedAuthEvent, event = message) =>
  naming((selected, room) => [...selected, other(room)], event);

const inState = (type: string, stateKey: string) => (room: JudgedRoom) => {
  const event = room.find(type, stateKey);
  assert.ok(event);
  return { ...event, roomId: room.id, isRejected: false };
};

/** The events that it should name, of which one is not what it was. */
const changing = (type: string, change: Partial<NamedAuthEvent>, event = message) =>
  naming((selected) => selected.map((named) => (named.type === type ? { ...named, ...change } : named)), event);

testRules([
  {
    rule: numbered("2.1", "3.1"),
    says: "no two auth events are of one type and state key",
    allowed: [message, join, naming((selected) => selected.toReversed())],
    refused: [
      namingAlso(inState("m.room.power_levels", "")),
      namingAlso(inState("m.room.member", member)),
      namingAlso((room) => room.accepted(room.membership(member, "leave"))),
      namingAlso((room) => room.accepted(room.powerLevels(creator, {}))),
      namingAlso(inState("m.room.join_rules", ""), join),
    ],
  },
  {
    rule: numbered("2.2", "3.2"),
    says: "auth events are such as are selected for the event",
    allowed: [
      // Those that there are need not all be named.
      naming((selected) => selected.filter(({ type }) => type !== "m.room.power_levels")),
      namingAlso(
        (room) => room.accepted(room.membership(stranger, "leave")),
        (room) => room.membership(stranger, "join"),
      ),
      (room) => room.membership(moderator, "ban", member),
      (room) => room.membership(stranger, "join", stranger, { join_authorised_via_users_server: admin }),
    ],
    refused: [
      namingAlso(inState("m.room.join_rules", "")),
      namingAlso(inState("m.room.member", admin)),
      namingAlso(inState("m.room.member", invited), join),
      namingAlso((room) => room.accepted(room.stateEvent("m.room.name", "", moderator))),
      namingAlso((room) => room.accepted(room.stateEvent("m.room.power_levels", "other", creator))),
      namingAlso((room) => room.accepted(room.event("m.room.message", member))),
      namingAlso((room) => room.accepted(room.event("m.room.join_rules", creator)), join),
      namingAlso(inState("m.room.join_rules", ""), (room) => room.membership(member, "leave")),
    ],
  },
  {
    rule: { 12: "3.2" },
    says: "m.room.create is not among the auth events",
    allowed: [message, join],
    refused: [namingAlso(inState("m.room.create", "")), namingAlso(inState("m.room.create", ""), join)],
  },
  {
    rule: numbered("2.3", "3.3"),
    says: "no auth event was rejected",
    allowed: [changing("m.room.power_levels", { isRejected: false })],
    refused: [
      changing("m.room.power_levels", { isRejected: true }),
      changing("m.room.member", { isRejected: true }),
      changing("m.room.join_rules", { isRejected: true }, join),
    ],
  },
  {
    rule: { 10: "2.4", 11: "2.4" },
    says: "m.room.create is among the auth events",
    allowed: [message],
    refused: [
      naming((selected) => selected.filter(({ type }) => type !== "m.room.create")),
      naming(() => []),
      naming(() => [], join),
    ],
  },
  {
    rule: numbered("2.5", "3.4"),
    says: "no auth event is of another room",
    allowed: [message, join],
    refused: [
      changing("m.room.power_levels", { roomId: "!other:here" as RoomId }),
      changing("m.room.member", { roomId: "!other" as RoomId }),
      changing("m.room.join_rules", { roomId: "!other:here" as RoomId }, join),
      (room) => {
        const event = { ...message(room), roomId: room.version.roomIdIsHash ? room.id : ("!other:here" as RoomId) };
        room.naming = (selected) => selected.map((named) => ({ ...named, roomId: "!room:there" as RoomId }));
        return event;
      },
    ],
  },
  {
    rule: { 10: "2.5", 11: "2.5" },
    says: "m.room.create is of the same room too",
    allowed: [message],
    refused: [
      changing("m.room.create", { roomId: "!other:here" as RoomId }),
      (room) => ({ ...message(room), roomId: "!other:here" as RoomId }),
    ],
  },
]);
