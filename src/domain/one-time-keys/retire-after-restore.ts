import type { FederationQueueStore } from "../federation-out/federation-queue-store.ts";
import type { StreamPosition, StreamStore } from "../kernel/stream-position.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { RemoteDeviceListStore } from "../remote-device-lists/remote-device-list-store.ts";
import type { FallbackKeyStore } from "./fallback-key-store.ts";
import type { OneTimeKeyStore } from "./one-time-key-store.ts";

export interface RetireAfterRestoreDependencies {
  readonly unitOfWork: UnitOfWork<{
    readonly oneTimeKeys: Pick<OneTimeKeyStore, "retireAllPools">;
    readonly fallbackKeys: Pick<FallbackKeyStore, "markAllUsed">;
    readonly stream: Pick<StreamStore, "beginEpoch">;
    readonly federationQueue: Pick<FederationQueueStore, "noteAllTold">;
    readonly remoteDeviceLists: Pick<RemoteDeviceListStore, "markAllStale">;
  }>;
}

/** What was done, for the log. */
export interface Retirement {
  readonly droppedOneTimeKeys: number;
  /** Where the new epoch of the stream begins. */
  readonly position: StreamPosition;
}

/**
 * Answers a restore from a backup, before anything is served (rule E5): any key of the pools may have been issued since
 * the backup, any position may have been told, and what other servers have told since is lost. Doing it twice does no harm.
 */
export function retireAfterRestore({ unitOfWork }: RetireAfterRestoreDependencies): Promise<Retirement> {
  return unitOfWork.run(
    "everything",
    async ({ federationQueue, oneTimeKeys, fallbackKeys, remoteDeviceLists, stream }) => {
      const droppedOneTimeKeys = await oneTimeKeys.retireAllPools();
      await fallbackKeys.markAllUsed();
      await remoteDeviceLists.markAllStale();
      await federationQueue.noteAllTold();
      return { droppedOneTimeKeys, position: await stream.beginEpoch() };
    },
  );
}
