import type { FeedStores } from "../domain/appservice-feed/section.ts";
import type { AppserviceSigns } from "../domain/appservices/appservice-signs.ts";
import type { Appservices } from "../domain/appservices/appservices.ts";
import type { LeasingStores } from "../domain/kernel/lease.ts";
import type { UnitOfWork, WakeName } from "../domain/kernel/unit-of-work.ts";
import { AppserviceLoop, type AppserviceLoopOptions } from "./appservice-loop.ts";
import { startLeasedWorker } from "./leased-worker.ts";

export interface AppserviceSenderOptions<Stores extends FeedStores & LeasingStores> extends AppserviceLoopOptions {
  readonly appservices: Appservices;
  /** This process's name, which no other has. */
  readonly holder: string;
  /** No other process uses the database. */
  readonly alone: boolean;
  readonly unitOfWork: UnitOfWork<Stores>;
}

/** Ms after which a round that has failed is begun anew. A round goes on as long as the lease. */
const roundInterval = 5000;

export interface AppserviceSender extends AppserviceSigns {
  /** These were woken by a commit of any process. */
  wake(names: Iterable<WakeName>): void;
  /** Wakes may have been lost. */
  wakeAll(): void;
  /** Resolves once nothing is being sent, and the lease is free for others. */
  stop(): Promise<void>;
}

/**
 * Sends appservices their transactions, in one process at a time and for each appservice by itself. It asks the database
 * when it is woken, and not otherwise.
 */
export function startAppserviceSender<Stores extends FeedStores & LeasingStores>(
  options: AppserviceSenderOptions<Stores>,
): AppserviceSender {
  const receiving = options.appservices.all.filter(({ receivesTransactions }) => receivesTransactions);
  const loops = new Map(receiving.map((appservice) => [appservice.id, new AppserviceLoop(appservice, options)]));
  const stop =
    loops.size === 0
      ? async () => undefined
      : startLeasedWorker({
          ...options,
          ...{ name: "appservice sender", atOnce: true, roundInterval },
          work: (fenced, signal) => runAll([...loops.values()], fenced, signal),
        });
  return {
    wake(names) {
      for (const loop of loops.values()) loop.wake(names);
    },
    wakeAll() {
      for (const loop of loops.values()) loop.wakeAnyway();
    },
    noteAlive(appserviceId) {
      loops.get(appserviceId)?.noteAlive();
    },
    stop,
  };
}

/** Until the signal is aborted, or the lease is lost: that ends all of them. */
async function runAll(
  loops: readonly AppserviceLoop[],
  unitOfWork: UnitOfWork<FeedStores>,
  signal: AbortSignal,
): Promise<void> {
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  const running = loops.map((loop) => loop.run(unitOfWork, either).finally(() => end.abort()));
  const [failed] = (await Promise.allSettled(running)).filter(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}
