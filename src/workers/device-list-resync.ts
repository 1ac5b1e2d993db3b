import type { LeasingStores } from "../domain/kernel/lease.ts";
import type { UnitOfWork, WakeName } from "../domain/kernel/unit-of-work.ts";
import type { UpdatingStores } from "../domain/remote-device-lists/apply-updates.ts";
import { DeviceListResyncLoop, type DeviceListResyncLoopOptions } from "./device-list-resync-loop.ts";
import { startLeasedWorker } from "./leased-worker.ts";

export interface DeviceListResyncOptions<Stores extends UpdatingStores & LeasingStores>
  extends DeviceListResyncLoopOptions {
  /** This process's name, which no other has. */
  readonly holder: string;
  /** No other process uses the database. */
  readonly alone: boolean;
  readonly unitOfWork: UnitOfWork<Stores>;
}

/** Ms after which a round that has failed is begun anew. A round goes on as long as the lease. */
const roundInterval = 5000;

export interface DeviceListResync {
  /** These were woken by a commit of any process. */
  wake(names: Iterable<WakeName>): void;
  /** Wakes may have been lost. */
  wakeAll(): void;
  /** Resolves once nothing is being fetched, and the lease is free for others. */
  stop(): Promise<void>;
}

/**
 * Fetches the device lists of other servers' users that are due, in one process at a time. With nothing due it asks the
 * database when it is woken, and not otherwise.
 */
export function startDeviceListResync<Stores extends UpdatingStores & LeasingStores>(
  options: DeviceListResyncOptions<Stores>,
): DeviceListResync {
  const loop = new DeviceListResyncLoop(options);
  const stop = startLeasedWorker({
    ...options,
    ...{ name: "device list resync", atOnce: true, roundInterval },
    work: (fenced, signal) => loop.run(fenced, signal),
  });
  return { wake: (names) => loop.wake(names), wakeAll: () => loop.wakeAnyway(), stop };
}
