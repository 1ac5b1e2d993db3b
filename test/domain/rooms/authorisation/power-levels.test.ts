import assert from "node:assert/strict";
import { test } from "node:test";
import {
  powerLevelOf,
  requiredEventLevel,
  requiredLevel,
  requiredNotificationLevel,
} from "../../../../src/domain/rooms/authorisation/power-levels.ts";
import { roomVersionIds } from "../../../../src/protocol/events/room-version.ts";
import { admin, creator, JudgedRoom, member, stranger } from "./judged-room.ts";

const defaults = {
  ...{ users_default: 0, events_default: 0, state_default: 50 },
  ...{ ban: 50, redact: 50, kick: 50, invite: 0 },
} as const;
const names = Object.keys(defaults) as (keyof typeof defaults)[];

for (const version of roomVersionIds) {
  test(`power levels v${version}: the defaults hold without an event, and for what it leaves out`, () => {
    const room = new JudgedRoom(version);
    const checkDefaults = () => {
      for (const name of names) assert.equal(requiredLevel(room, name), defaults[name], name);
      assert.equal(requiredEventLevel(room, "m.room.name", true), 50);
      assert.equal(requiredEventLevel(room, "m.room.message", false), 0);
      assert.equal(requiredNotificationLevel(room, "room"), 50);
      assert.equal(powerLevelOf(room.version, room, stranger), 0);
      assert.equal(powerLevelOf(room.version, room, admin), 0);
    };
    room.remove("m.room.power_levels");
    checkDefaults();
    assert.equal(powerLevelOf(room.version, room, creator), version === "12" ? Number.POSITIVE_INFINITY : 100);
    room.put("m.room.power_levels", "", creator, {});
    checkDefaults();
    assert.equal(powerLevelOf(room.version, room, creator), version === "12" ? Number.POSITIVE_INFINITY : 0);
    // Nobody can send such levels; they are none.
    room.put("m.room.power_levels", "", creator, {
      users: [],
      events: "text",
      notifications: null,
      kick: "9",
      ban: 0.5,
    });
    checkDefaults();
  });

  test(`power levels v${version}: what the event says`, () => {
    const room = new JudgedRoom(version);
    room.setLevels({
      ...{ users: { [admin]: 7 }, users_default: -1, events: { "m.room.name": 2, x: 3 }, events_default: 4 },
      ...{ state_default: 5, ban: 6, redact: 8, kick: 9, invite: 10, notifications: { room: 11 } },
    });
    const levels = names.map((name) => requiredLevel(room, name));
    assert.deepEqual(levels, [-1, 4, 5, 6, 8, 9, 10]);
    assert.equal(powerLevelOf(room.version, room, admin), 7);
    assert.equal(powerLevelOf(room.version, room, member), -1);
    assert.equal(powerLevelOf(room.version, room, creator), version === "12" ? Number.POSITIVE_INFINITY : -1);
    assert.equal(requiredEventLevel(room, "m.room.name", true), 2);
    assert.equal(requiredEventLevel(room, "x", false), 3);
    assert.equal(requiredEventLevel(room, "y", false), 4);
    assert.equal(requiredEventLevel(room, "y", true), 5);
    assert.equal(requiredNotificationLevel(room, "room"), 11);
    assert.equal(requiredNotificationLevel(room, "other"), 50);
  });

  test(`power levels v${version}: names of prototypes are names like others`, () => {
    const room = new JudgedRoom(version);
    const text = '{"events":{"__proto__":7},"users":{},"notifications":{"__proto__":8}}';
    room.put("m.room.power_levels", "", creator, JSON.parse(text));
    assert.equal(requiredEventLevel(room, "__proto__", true), 7);
    assert.equal(requiredNotificationLevel(room, "__proto__"), 8);
    assert.equal(requiredEventLevel(room, "constructor", true), 50);
    assert.equal(powerLevelOf(room.version, room, "constructor"), 0);
  });
}

test("power levels v12: additional creators stand above all levels, before 12 they do not", () => {
  for (const version of roomVersionIds) {
    const room = new JudgedRoom(version);
    room.put("m.room.create", "", creator, { additional_creators: [member] });
    assert.equal(powerLevelOf(room.version, room, member), version === "12" ? Number.POSITIVE_INFINITY : 0);
    room.put("m.room.create", "", creator, { additional_creators: "text" });
    assert.equal(powerLevelOf(room.version, room, member), 0);
  }
});
