import type { Clock } from "../kernel/clock.ts";
import { pauseAfter } from "../kernel/pause-after.ts";
import type { Random } from "../kernel/random.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AppserviceFeedStore } from "./appservice-feed-store.ts";
import { scopeOfFeed } from "./feed-scope.ts";

/** Ms. */
const pauses = { shortest: 1000, longest: 5 * 60_000 };

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
    const pause = pauseAfter(attempts, pauses, deps.random);
    const failure = { attempts, since: before?.since ?? now, error, nextAttemptAt: now + pause };
    await appserviceFeeds.putFailure(appserviceId, failure);
    return { attempts, pause };
  });
}
