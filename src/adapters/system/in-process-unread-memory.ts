import { LRUCache } from "lru-cache";
import type { CompiledRules } from "../../domain/push-rules/compile-push-rules.ts";
import type { KeptTally, UnreadMemory } from "../../domain/sync/sections/rooms/unread-memory.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Counts of one user in one room, half a KB each. */
const mostTallies = 20_000;
/** Users whose rules are kept, some 10 KB each as a rule. */
const mostRules = 1000;

interface KeptRules {
  readonly edited: string | undefined;
  readonly rules: CompiledRules;
}

/** What is asked for least is forgotten. */
export class InProcessUnreadMemory implements UnreadMemory {
  readonly #tallies = new LRUCache<string, KeptTally>({ max: mostTallies });
  readonly #rules = new LRUCache<UserId, KeptRules>({ max: mostRules });

  findTally(userId: UserId, roomId: RoomId): KeptTally | undefined {
    return this.#tallies.get(`${userId} ${roomId}`);
  }

  keepTally(userId: UserId, roomId: RoomId, tally: KeptTally): void {
    this.#tallies.set(`${userId} ${roomId}`, tally);
  }

  findRules(userId: UserId, edited: string | undefined): CompiledRules | undefined {
    const kept = this.#rules.get(userId);
    return kept && kept.edited === edited ? kept.rules : undefined;
  }

  keepRules(userId: UserId, edited: string | undefined, rules: CompiledRules): void {
    this.#rules.set(userId, { edited, rules });
  }
}
