import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { ReadKeys } from "./read-query-answer.ts";

/** Ms that an answer is reused (rule Q6). */
const lifetime = 5000;

const mostUsers = 10_000;

/** Of all keys, as JSON text. */
const mostCharacters = 16_777_216;

/** What an appservice has said of a user. */
interface RecentAnswer {
  /** For which it was asked; an empty set means all. */
  readonly devices: ReadonlySet<DeviceId>;
  /** `undefined`: it has nothing. */
  readonly keys: ReadKeys | undefined;
  readonly until: number;
}

/** The last answers of one appservice, the oldest first; the oldest go when there are too many. */
export class RecentAnswers {
  readonly #answers = new Map<UserId, RecentAnswer>();
  #characters = 0;

  /** @param now monotonic, ms */
  find(userId: UserId, devices: ReadonlySet<DeviceId>, now: number): RecentAnswer | undefined {
    const answer = this.#answers.get(userId);
    return answer && now < answer.until && covers(answer.devices, devices) ? answer : undefined;
  }

  /** @param now monotonic, ms */
  put(userId: UserId, devices: ReadonlySet<DeviceId>, keys: ReadKeys | undefined, now: number): void {
    this.drop(userId);
    this.#answers.set(userId, { devices, keys, until: now + lifetime });
    this.#characters += keys?.characters ?? 0;
    for (const [oldest, { until }] of this.#answers) {
      const tooMany = this.#answers.size > mostUsers || this.#characters > mostCharacters;
      if (!tooMany && now < until) break;
      this.drop(oldest);
    }
  }

  drop(userId: UserId): void {
    this.#characters -= this.#answers.get(userId)?.keys?.characters ?? 0;
    this.#answers.delete(userId);
  }

  clear(): void {
    this.#answers.clear();
    this.#characters = 0;
  }
}

/** Whether an answer about these devices tells of those that are wanted; an empty set means all. */
export function covers(devices: ReadonlySet<DeviceId>, wanted: ReadonlySet<DeviceId>): boolean {
  return devices.size === 0 || (wanted.size > 0 && wanted.isSubsetOf(devices));
}
