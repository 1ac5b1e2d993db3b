import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { SentEventStore } from "../rooms/sent-event-store.ts";

/** Clients send again within minutes; a day covers a laptop that was closed in between. */
const rememberedFor = 24 * 3600_000;

/** Forgotten in one unit: some ms of work. */
const atOnce = 500;

/** Bounds the memory of what was sent before. https://spec.matrix.org/v1.19/client-server-api/#transaction-identifiers */
export async function forgetSentEvents(deps: {
  readonly unitOfWork: UnitOfWork<{ sentEvents: SentEventStore }>;
  readonly clock: Clock;
}): Promise<void> {
  const before = deps.clock.now() - rememberedFor;
  for (let forgotten = atOnce; forgotten === atOnce; ) {
    forgotten = await deps.unitOfWork.run({}, ({ sentEvents }) => sentEvents.forgetBefore(before, atOnce));
  }
}
