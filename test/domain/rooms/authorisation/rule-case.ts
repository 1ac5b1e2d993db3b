import assert from "node:assert/strict";
import { test } from "node:test";
import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import { type RoomVersionId, roomVersionIds } from "../../../../src/protocol/events/room-version.ts";
import { JudgedRoom } from "./judged-room.ts";

/** Makes a room what it must be, and an event in it. */
type Attempt = (room: JudgedRoom) => JudgedEvent;

/** A numbered rule, and what it decides on. */
export interface RuleCase {
  /** Its number in each version that has it. */
  readonly rule: Partial<Record<RoomVersionId, string>>;
  readonly says: string;
  readonly allowed: readonly Attempt[];
  readonly refused: readonly Attempt[];
  /** The rule that refuses, where this one only allows. */
  readonly refusedBy?: Partial<Record<RoomVersionId, string>>;
}

/** The number in versions 10 and 11, and in version 12. */
export function numbered(before12: string, in12: string): Record<RoomVersionId, string> {
  return { 10: before12, 11: before12, 12: in12 };
}

/** A test for each version and rule; each attempt has a room of its own. */
export function testRules(cases: readonly RuleCase[]): void {
  for (const version of roomVersionIds) {
    for (const { rule, says, allowed, refused, refusedBy = rule } of cases) {
      if (rule[version] === undefined) continue;
      test(`auth v${version} ${rule[version]}: ${says}`, () => {
        for (const attempt of allowed) assert.equal(judged(version, attempt), undefined, `allowed: ${attempt}`);
        for (const attempt of refused)
          assert.equal(judged(version, attempt), refusedBy[version], `refused: ${attempt}`);
      });
    }
  }
}

/** The rule that refuses an attempt. */
function judged(version: RoomVersionId, attempt: Attempt): string | undefined {
  const room = new JudgedRoom(version);
  const refusal = room.judge(attempt(room));
  if (refusal) assert.match(refusal.reason, /^\S.*[^.]$/);
  return refusal?.rule;
}
