import { LRUCache } from "lru-cache";
import type { IgnoredUsersMemory } from "../../domain/account-data/ignored-users.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Lists, and characters of all of them together: each takes about four bytes, what was found in it included. */
const mostLists = 10_000;
const mostCharacters = 8 * 1024 * 1024;

interface KeptList {
  readonly text: string;
  readonly ignored: ReadonlySet<UserId>;
}

/** What is asked for least is forgotten. */
export class InProcessIgnoredUsers implements IgnoredUsersMemory {
  readonly #lists = new LRUCache<UserId, KeptList>({
    ...{ max: mostLists, maxSize: mostCharacters },
    sizeCalculation: ({ text }) => Math.max(1, text.length),
  });

  findIgnored(userId: UserId, text: string): ReadonlySet<UserId> | undefined {
    const kept = this.#lists.get(userId);
    return kept?.text === text ? kept.ignored : undefined;
  }

  keepIgnored(userId: UserId, text: string, ignored: ReadonlySet<UserId>): void {
    this.#lists.set(userId, { text, ignored });
  }
}
