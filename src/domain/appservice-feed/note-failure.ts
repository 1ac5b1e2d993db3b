import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AppserviceFeedStore } from "./appservice-feed-store.ts";
import { scopeOfFeed } from "./feed-scope.ts";

/** Ms to the second attempt; it doubles with each one in vain. */
const shortestPause = 1000;
const longestPause = 5 * 60_000;
/** So that appservices which were lost at the same moment are not all asked at the same moment. */
const jitter = 0.2;

export interface NoteFailureDeps {
  readonly unitOfWork: UnitOfWork<{ readonly appserviceFeeds: AppserviceFeedStore }>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Notes that an attempt to send a transaction was in vain, for whoever looks.
 *
 * @param error one line, without secrets
 * @returns how many attempts in a row were, and the ms to the next one
 */
export function noteFailure(
  deps: NoteFailureDeps,
  appserviceId: string,
  error: string,
): Promise<{ attempts: number; pause: number }> {
  return deps.unitOfWork.run(scopeOfFeed(appserviceId), async ({ appserviceFeeds }) => {
    const before = (await appserviceFeeds.findFeed(appserviceId))?.failure;
    const now = deps.clock.now();
    const attempts = (before?.attempts ?? 0) + 1;
    const pause = pauseAfter(attempts, deps.random);
    const failure = { attempts, since: before?.since ?? now, error, nextAttemptAt: now + pause };
    await appserviceFeeds.putFailure(appserviceId, failure);
    return { attempts, pause };
  });
}

/** In ms. */
function pauseAfter(attempts: number, random: Random): number {
  const pause = Math.min(shortestPause * 2 ** (attempts - 1), longestPause);
  // From 0 to 1.
  const chance = random.bytes(4).readUInt32BE() / 0xffffffff;
  return Math.round(pause * (1 + jitter * (2 * chance - 1)));
}
