import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { DestinationStore } from "./destination-store.ts";
import { scopeOfDestination } from "./queue-scope.ts";

interface AliveStores {
  readonly destinations: DestinationStore;
  readonly remoteDeviceLists: {
    /** Lists of a server that wait to be fetched are to be fetched now; how many they were. */
    hasten(server: ServerName, now: number): Promise<number>;
  };
}

export interface NoteServerAliveDeps {
  readonly unitOfWork: UnitOfWork<AliveStores>;
  readonly clock: Clock;
}

/**
 * A server has made a request, so it is there: what waits for it is sent, and what waits to be fetched from it is fetched,
 * without waiting for the end of a pause. Where nothing waits it costs two indexed searches, and writes nothing.
 */
export async function noteServerAlive({ unitOfWork, clock }: NoteServerAliveDeps, server: ServerName): Promise<void> {
  const now = clock.now();
  await unitOfWork.run(scopeOfDestination(server), async ({ destinations, remoteDeviceLists }, commit) => {
    const failure = await destinations.findFailure(server);
    const isPaused = failure !== undefined && failure.nextAttemptAt > now;
    // The attempts stay: if this one is in vain, too, the next pause is as long as it would have been.
    if (isPaused) await destinations.putFailure(server, { ...failure, nextAttemptAt: now });
    const hastened = await remoteDeviceLists.hasten(server, now);
    if (isPaused || hastened > 0) commit.wake(server);
  });
}
