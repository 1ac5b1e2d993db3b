import fc from "fast-check";
import type { JsonObject } from "../../../../src/protocol/json.ts";

export const userCount = 6;

const user = fc.nat({ max: userCount - 1 });
/** Levels that meet one another often. */
const level = fc.constantFrom(-10, 0, 0, 10, 25, 25, 49, 50, 50, 51, 75, 99, 100, 100, 101, 1000);
const scalar = fc.constantFrom(
  ...["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"],
);

/** One level of a room: set, or taken away. */
const patch = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("users"), user) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("events"), fc.constantFrom("m.room.power_levels", "m.room.name", "x")) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("notifications"), fc.constantFrom("room", "other")) },
  { weight: 2, arbitrary: fc.tuple(fc.constant(""), scalar) },
);
const patches = fc.array(fc.tuple(patch, fc.option(level, { nil: undefined })), { minLength: 1, maxLength: 3 });

export const joinRule = fc.constantFrom("public", "invite", "knock", "restricted", "knock_restricted");

/** Something that somebody tries; whether it is allowed is another question. */
const act = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("membership" as const),
      membership: fc.constantFrom("join", "join", "invite", "leave", "ban", "knock"),
      sender: user,
      target: fc.option(user, { nil: undefined }),
      authoriser: fc.option(user, { nil: undefined, freq: 6 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("levels" as const), sender: user, patches }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rule" as const),
      sender: user,
      rule: joinRule,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("name" as const), sender: user }) },
);

declare const actType: typeof act extends fc.Arbitrary<infer Act> ? Act : never;
export type Act = typeof actType;

export const acts = fc.array(act, { maxLength: 60, size: "max" });

/** Levels to begin with, for the users by number. */
export const firstLevels = fc.record({
  users: fc.array(fc.option(level, { nil: undefined }), { minLength: userCount, maxLength: userCount }),
  users_default: fc.constantFrom(0, 0, 0, 10, 50),
  // Low, so that many may change levels.
  powerLevels: fc.constantFrom(0, 10, 50, 100),
  invite: fc.constantFrom(0, 25, 50),
  kick: fc.constantFrom(0, 25, 50, 100),
});

/** How the users stand to the room in the beginning, by number. */
export const firstMemberships = fc.array(fc.constantFrom("join", "join", "join", "leave", "invite", "ban", "knock"), {
  minLength: userCount,
  maxLength: userCount,
});

/** The levels with patches made. */
export function patched(levels: JsonObject, all: (Act & { kind: "levels" })["patches"], users: string[]): JsonObject {
  const changed = structuredClone(levels);
  for (const [[group, name], value] of all) {
    const key = typeof name === "number" ? (users[name] as string) : name;
    if (group !== "") changed[group] ??= {};
    const place = (group === "" ? changed : changed[group]) as JsonObject;
    if (value === undefined) delete place[key];
    else place[key] = value;
  }
  return changed;
}
