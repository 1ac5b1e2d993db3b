import assert from "node:assert/strict";
import { test } from "node:test";
import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import { authEventKeys } from "../../../../src/domain/rooms/authorisation/auth-event-keys.ts";
import { roomVersionIds } from "../../../../src/protocol/events/room-version.ts";
import type { JsonValue } from "../../../../src/protocol/json.ts";
import { JudgedRoom, member, moderator, stranger } from "./judged-room.ts";

const joinRules = "m.room.join_rules ";
const memberOf = (userId: string) => `m.room.member ${userId}`;
const tokenOf = (token: JsonValue) => ({ third_party_invite: { signed: { token } } });

/** What is named beside m.room.power_levels and, before version 12, m.room.create. */
const cases: [says: string, event: (room: JudgedRoom) => JudgedEvent, named: string[]][] = [
  ["a message", (room) => room.event("m.room.message", member), [memberOf(member)]],
  ["a state event", (room) => room.stateEvent("m.room.name", "", member), [memberOf(member)]],
  ["state of a user", (room) => room.stateEvent("org.example.own", member, member), [memberOf(member)]],
  ["a join", (room) => room.membership(stranger, "join"), [memberOf(stranger), joinRules]],
  ["a knock", (room) => room.membership(stranger, "knock"), [memberOf(stranger), joinRules]],
  ["leaving", (room) => room.membership(member, "leave"), [memberOf(member)]],
  ["a kick", (room) => room.membership(moderator, "leave", member), [memberOf(moderator), memberOf(member)]],
  ["a ban", (room) => room.membership(moderator, "ban", member), [memberOf(moderator), memberOf(member)]],
  [
    "an invite",
    (room) => room.membership(member, "invite", stranger),
    [memberOf(member), memberOf(stranger), joinRules],
  ],
  [
    "a third-party invite",
    (room) => room.membership(member, "invite", stranger, tokenOf("token")),
    [memberOf(member), memberOf(stranger), joinRules, "m.room.third_party_invite token"],
  ],
  [
    "a third-party invite without a token",
    (room) => room.membership(member, "invite", stranger, tokenOf(1)),
    [memberOf(member), memberOf(stranger), joinRules],
  ],
  [
    "a join that somebody authorises",
    (room) => room.membership(stranger, "join", stranger, { join_authorised_via_users_server: member }),
    [memberOf(stranger), memberOf(member), joinRules],
  ],
  [
    "a join that the user authorises alone",
    (room) => room.membership(stranger, "join", stranger, { join_authorised_via_users_server: stranger }),
    [memberOf(stranger), joinRules],
  ],
  [
    "what only a join and an invite have, in others",
    (room) => room.membership(member, "leave", member, { ...tokenOf("t"), join_authorised_via_users_server: stranger }),
    [memberOf(member)],
  ],
  ["a membership without a state key", (room) => room.event("m.room.member", member), [memberOf(member)]],
  ["a create event", (room) => room.stateEvent("m.room.create", "", member), []],
];

for (const version of roomVersionIds) {
  const everywhere = version === "12" ? ["m.room.power_levels "] : ["m.room.create ", "m.room.power_levels "];
  const [once, selected] = version === "12" ? ["3.1", "3.2"] : ["2.1", "2.2"];
  for (const [says, event, named] of cases) {
    test(`auth v${version} ${selected}: the auth events of ${says}`, () => {
      const room = new JudgedRoom(version);
      const keys = authEventKeys(event(room), room.version).map((key) => key.join(" "));
      assert.deepEqual(keys.sort(), named.length === 0 ? [] : [...everywhere, ...named].sort());
    });
  }

  test(`auth v${version} ${once}: no place is named twice`, () => {
    const room = new JudgedRoom(version);
    for (const [says, event] of cases) {
      const keys = authEventKeys(event(room), room.version).map((key) => key.join(" "));
      assert.equal(new Set(keys).size, keys.length, says);
    }
  });
}
