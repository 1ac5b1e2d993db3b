import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../../../kernel/stream-position.ts";
import { type CompiledRules, compilePushRules } from "../../../push-rules/compile-push-rules.ts";
import { readRules } from "../../../push-rules/edited-rules.ts";

export interface UnreadCounts {
  readonly notifications: number;
  readonly highlights: number;
}

/** By thread: its root's id, or `main`. */
export type UnreadTally = ReadonlyMap<string, UnreadCounts>;

/** What a user has not read in a room, up to a position, if nothing of `basis` and `rules` has changed. */
export interface KeptTally {
  readonly upTo: StreamPosition;
  /** What the user has read, as text. */
  readonly basis: string;
  /** The very object that was kept. */
  readonly rules: CompiledRules;
  readonly tally: UnreadTally;
}

/**
 * Remembers what was counted, so that a thousand waiting syncs of a room look at each event once. It may forget anything
 * at any time: it is counted anew then.
 */
export interface UnreadMemory {
  findTally(userId: UserId, roomId: RoomId): KeptTally | undefined;
  keepTally(userId: UserId, roomId: RoomId, tally: KeptTally): void;
  /** @param edited what the store has of the user's rules */
  findRules(userId: UserId, edited: string | undefined): CompiledRules | undefined;
  keepRules(userId: UserId, edited: string | undefined, rules: CompiledRules): void;
}

/** A user's rules, which are compiled once. */
export function rulesOf(memory: UnreadMemory, userId: UserId, edited: string | undefined): CompiledRules {
  const kept = memory.findRules(userId, edited);
  if (kept) return kept;
  const rules = compilePushRules(readRules(userId, edited));
  memory.keepRules(userId, edited, rules);
  return rules;
}
