import type { Logger } from "../adapters/observability/logger.ts";
import type { Database } from "../adapters/sql/open-database.ts";
import { turnsAtOnce } from "../adapters/system/turns-at-once.ts";
import type { AppserviceGateway } from "../domain/appservices/appservice-gateway.ts";
import { forgetOldReports } from "../domain/appservices/forget-old-reports.ts";
import type { ProxyReport } from "../domain/appservices/proxy-report-store.ts";
import { forgetOldAttempts } from "../domain/authentication/forget-old-attempts.ts";
import { forgetExpiredTokens } from "../domain/authentication/openid/forget-expired-tokens.ts";
import { forgetListeners } from "../domain/device-lists/audience.ts";
import { forgetReceivedTransactions } from "../domain/federation-in/forget-received-transactions.ts";
import { forgetOldMessages } from "../domain/federation-out/forget-old-messages.ts";
import { forgetServerKeys } from "../domain/federation-out/forget-server-keys.ts";
import type { RemoteServers, ServerSigns } from "../domain/federation-out/remote-servers.ts";
import type { SigningKey } from "../domain/federation-out/signing-key.ts";
import type { TransactionGateway } from "../domain/federation-out/transaction-gateway.ts";
import type { AppserviceObserver, FederationObserver } from "../domain/kernel/observer.ts";
import { randomSecret } from "../domain/kernel/random.ts";
import { forgetDeletedKeys } from "../domain/key-backup/forget-deleted-keys.ts";
import { forgetFullBudgets } from "../domain/one-time-keys/forget-full-budgets.ts";
import { propagateProfiles } from "../domain/profiles/propagate-profiles.ts";
import { forgetUnusedLists } from "../domain/remote-device-lists/forget-unused-lists.ts";
import { finishDepartures } from "../domain/room-memberships/leave-all-rooms.ts";
import { forgetSentEvents } from "../domain/room-timelines/forget-sent-events.ts";
import { forgetOldTransactions } from "../domain/to-device/forget-old-transactions.ts";
import { endTyping } from "../domain/typing/end-typing.ts";
import type { TypingEnds } from "../domain/typing/set-typing.ts";
import { AnsweringServers } from "../workers/answering-servers.ts";
import { type AppserviceSender, startAppserviceSender } from "../workers/appservice-sender.ts";
import { startCleaner } from "../workers/cleaner.ts";
import { startDeviceListResync } from "../workers/device-list-resync.ts";
import { startFederationSender } from "../workers/federation-sender.ts";
import { startProxyReporter } from "../workers/proxy-reporter.ts";
import { startTypingEnds } from "../workers/typing-ends.ts";
import type { assemble } from "./assemble.ts";
import type { Wakeable } from "./wakeables.ts";

export interface Workers extends ServerSigns {
  readonly sender: AppserviceSender;
  readonly typingEnds: TypingEnds;
  /** What goes on when something has changed. */
  readonly wakeables: readonly Wakeable[];
  /** Resolves once nothing of their work is under way. */
  stop(): Promise<void>;
}

type WorkerDeps = ReturnType<typeof assemble> & {
  readonly database: Database;
  readonly gateway: AppserviceGateway;
  readonly appserviceObserver: AppserviceObserver;
  readonly federationObserver: FederationObserver;
  readonly remoteServers: RemoteServers;
  readonly transactionGateway: TransactionGateway;
  readonly signingKey: SigningKey;
  readonly proxyReports: () => readonly ProxyReport[];
  readonly log: Logger;
};

export function startWorkers(deps: WorkerDeps): Workers {
  const { database, unitOfWork, appserviceObserver, log } = deps;
  // A server that is alone finds its own leases again after a crash.
  const holder = database.isShared ? randomSecret(deps.random) : "the only server";
  const leased = { ...deps, holder, alone: !database.isShared, unitOfWork };
  // What goes through a fence shares no unit with what does not.
  const apart = { ...deps, turns: turnsAtOnce };
  const stopCleaner = startCleaner({
    ...leased,
    tasks: [
      { name: "to-device transactions", run: (fenced) => forgetOldTransactions({ ...deps, unitOfWork: fenced }) },
      { name: "events by transaction id", run: (fenced) => forgetSentEvents({ ...deps, unitOfWork: fenced }) },
      { name: "claim budgets", run: (fenced) => forgetFullBudgets({ ...deps, unitOfWork: fenced }) },
      { name: "reports of asked appservices", run: (fenced) => forgetOldReports({ ...deps, unitOfWork: fenced }) },
      { name: "OpenID tokens", run: (fenced) => forgetExpiredTokens({ ...deps, unitOfWork: fenced }) },
      { name: "servers that listen", run: (fenced) => forgetListeners({ ...deps, unitOfWork: fenced }) },
      { name: "messages to other servers", run: (fenced) => forgetOldMessages({ ...deps, unitOfWork: fenced }) },
      { name: "keys of other servers", run: (fenced) => forgetServerKeys({ ...deps, unitOfWork: fenced }) },
      { name: "device lists of others", run: (fenced) => forgetUnusedLists({ ...deps, unitOfWork: fenced }) },
      { name: "received transactions", run: (fenced) => forgetReceivedTransactions({ ...deps, unitOfWork: fenced }) },
      { name: "keys of deleted backups", run: (fenced) => forgetDeletedKeys({ ...deps, unitOfWork: fenced }) },
      {
        name: "profiles for rooms",
        run: (fenced) => propagateProfiles({ ...apart, unitOfWork: fenced }, "everybody"),
      },
      { name: "typing that nobody ends", run: (fenced) => endTyping({ ...deps, unitOfWork: fenced }) },
      { name: "rooms of ended accounts", run: (fenced) => finishDepartures({ ...apart, unitOfWork: fenced }) },
      { name: "log-in attempts", run: (fenced) => forgetOldAttempts({ ...deps, unitOfWork: fenced }) },
    ],
  });
  const stopReporter = startProxyReporter({ ...leased, process: holder, reports: deps.proxyReports });
  const sender = startAppserviceSender({ ...leased, observer: appserviceObserver, log });
  const typingEnds = startTypingEnds(deps);
  const answering = new AnsweringServers();
  const toServers = { ...leased, answering };
  const federating = deps.federates ? [startFederationSender(toServers), startDeviceListResync(toServers)] : [];
  return {
    sender,
    typingEnds,
    wakeables: [sender, ...federating],
    noteAlive: (server) => answering.noteAlive(server),
    stop: async () => {
      await Promise.all([
        stopCleaner(),
        stopReporter(),
        sender.stop(),
        typingEnds.stop(),
        ...federating.map((worker) => worker.stop()),
      ]);
    },
  };
}
