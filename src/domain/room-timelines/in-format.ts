import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { SyncFilter } from "../filters/filter.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore } from "../rooms/event-store.ts";
import type { ShownEvent } from "./shown-event.ts";

interface EnvelopeStores {
  readonly events: Reading<EventStore>;
}

/**
 * Inside a snapshot: events in the form that a filter asks for.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export async function inFormat(
  stores: EnvelopeStores,
  eventFormat: SyncFilter["eventFormat"],
  shown: ShownEvent[],
): Promise<ShownEvent[]> {
  return eventFormat === "federation" ? withEnvelopes(stores, shown) : shown;
}

/**
 * Events with what else they have as servers exchange them; those that they show in the same form as themselves too. Why an
 * event was redacted may not be for the requester to see, and then nor is what else the redaction has: that stays as it is.
 */
async function withEnvelopes({ events }: EnvelopeStores, shown: readonly ShownEvent[]): Promise<ShownEvent[]> {
  const envelopes = await events.listEnvelopes([...new Set(shown.flatMap(idsIn))]);
  const enveloped = (one: ShownEvent): ShownEvent => ({
    ...one,
    envelope: envelopes.get(one.event.eventId),
    aggregations: one.aggregations && {
      ...one.aggregations,
      edit: one.aggregations.edit && enveloped(one.aggregations.edit),
      thread: one.aggregations.thread && {
        ...one.aggregations.thread,
        latest: enveloped(one.aggregations.thread.latest),
      },
    },
  });
  return shown.map(enveloped);
}

function idsIn({ event, aggregations }: ShownEvent): EventId[] {
  const others = [aggregations?.edit, aggregations?.thread?.latest];
  return [event.eventId, ...others.flatMap((other) => (other ? idsIn(other) : []))];
}
