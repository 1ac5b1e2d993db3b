import type { FederationFeedStores } from "../domain/federation-feed/feed-stores.ts";
import type { LeasingStores } from "../domain/kernel/lease.ts";
import { isRoom, isUser, type UnitOfWork, type WakeName } from "../domain/kernel/unit-of-work.ts";
import type { ServerName } from "../protocol/identifiers/server-name.ts";
import { FederationLoop, type FederationLoopOptions } from "./federation-loop.ts";
import { startLeasedWorker } from "./leased-worker.ts";

export interface FederationSenderOptions<Stores extends FederationFeedStores & LeasingStores>
  extends FederationLoopOptions {
  /** This process's name, which no other has. */
  readonly holder: string;
  /** No other process uses the database. */
  readonly alone: boolean;
  readonly unitOfWork: UnitOfWork<Stores>;
}

/** Ms after which a round that has failed is begun anew. A round goes on as long as the lease. */
const roundInterval = 5000;

export interface FederationSender {
  /** These were woken by a commit of any process. */
  wake(names: Iterable<WakeName>): void;
  /** Wakes may have been lost. */
  wakeAll(): void;
  /** Resolves once nothing is being sent, and the lease is free for others. */
  stop(): Promise<void>;
}

/**
 * Sends other servers their transactions, in one process at a time. It asks the database for a server when that is woken,
 * and for all at its start; which of them it is to try again, and when, it keeps in mind.
 */
export function startFederationSender<Stores extends FederationFeedStores & LeasingStores>(
  options: FederationSenderOptions<Stores>,
): FederationSender {
  let loop: FederationLoop | undefined;
  const stop = startLeasedWorker({
    ...options,
    ...{ name: "federation sender", atOnce: true, roundInterval },
    work: async (fenced, signal) => {
      loop = new FederationLoop(options, fenced, signal);
      try {
        await loop.run();
      } finally {
        loop = undefined;
      }
    },
  });
  return {
    wake(names) {
      // A loop that begins later looks for all.
      const servers = loop ? [...names].filter((name): name is ServerName => !isUser(name) && !isRoom(name)) : [];
      if (servers.length > 0) loop?.wake(servers);
    },
    wakeAll() {
      loop?.wakeAll();
    },
    stop,
  };
}
