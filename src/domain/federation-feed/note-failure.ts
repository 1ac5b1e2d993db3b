import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { FederationTransaction } from "../federation-out/destination-store.ts";
import { type GivingUpStores, giveUpTransaction } from "../federation-out/queue-give-up.ts";
import { scopeOfDestination } from "../federation-out/queue-scope.ts";
import type { RemoteFailure } from "../federation-out/remote-answer.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FederationObserver } from "../kernel/observer.ts";
import { pauseAfter } from "../kernel/pause-after.ts";
import type { Random } from "../kernel/random.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";

/** Ms. */
const pauses = { shortest: 1000, longest: 3600_000 };
/** Ms for which a transaction is sent again that the server refuses for what it is. */
const refusedFor = 24 * 3600_000;
/** What is wrong is the body, and it will not get better. */
const refusals: ReadonlySet<number | undefined> = new Set([400, 413]);

export interface NoteFailureDeps {
  readonly unitOfWork: UnitOfWork<GivingUpStores>;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Pick<FederationObserver, "federationMessagesForgotten">;
}

/** What became of an attempt in vain. */
export interface NotedFailure {
  /** How many in a row were. */
  readonly attempts: number;
  /** Ms to the next one. */
  readonly pause: number;
  /** Whether the transaction was given up: the server has refused it for a day, and others wait behind it. */
  readonly givenUp: boolean;
}

/** Notes that an attempt to send a transaction was in vain: the pause after it goes on over restarts. */
export async function noteFailure(
  deps: NoteFailureDeps,
  destination: ServerName,
  transaction: FederationTransaction,
  { kind, status, error }: RemoteFailure,
): Promise<NotedFailure> {
  const isRefused = kind === "status" && refusals.has(status);
  const { forgotten, ...noted } = await deps.unitOfWork.run(scopeOfDestination(destination), async (stores) => {
    const { destinations } = stores;
    const before = await destinations.findFailure(destination);
    const now = deps.clock.now();
    const attempts = (before?.attempts ?? 0) + 1;
    const pause = pauseAfter(attempts, pauses, deps.random);
    const failure = { attempts, since: before?.since ?? now, error, nextAttemptAt: now + pause };
    await destinations.putFailure(destination, failure);
    const givenUp = isRefused && transaction.madeAt <= now - refusedFor;
    const forgotten = givenUp ? await giveUpTransaction(stores, destination, transaction) : 0;
    return { attempts, pause, givenUp, forgotten };
  });
  if (forgotten > 0) deps.observer.federationMessagesForgotten(forgotten);
  return noted;
}
