import type { Logger } from "../adapters/observability/logger.ts";
import type { Database } from "../adapters/sql/open-database.ts";
import type { AppserviceGateway } from "../domain/appservices/appservice-gateway.ts";
import { forgetOldReports } from "../domain/appservices/forget-old-reports.ts";
import type { ProxyReport } from "../domain/appservices/proxy-report-store.ts";
import { forgetOldAttempts } from "../domain/authentication/forget-old-attempts.ts";
import type { AppserviceObserver } from "../domain/kernel/observer.ts";
import { randomSecret } from "../domain/kernel/random.ts";
import { forgetFullBudgets } from "../domain/one-time-keys/forget-full-budgets.ts";
import { forgetOldTransactions } from "../domain/to-device/forget-old-transactions.ts";
import { type AppserviceSender, startAppserviceSender } from "../workers/appservice-sender.ts";
import { startCleaner } from "../workers/cleaner.ts";
import { startProxyReporter } from "../workers/proxy-reporter.ts";
import type { assemble } from "./assemble.ts";

export interface Workers {
  readonly sender: AppserviceSender;
  /** Resolves once nothing of their work is under way. */
  stop(): Promise<void>;
}

type WorkerDeps = ReturnType<typeof assemble> & {
  readonly database: Database;
  readonly gateway: AppserviceGateway;
  readonly appserviceObserver: AppserviceObserver;
  readonly proxyReports: () => readonly ProxyReport[];
  readonly log: Logger;
};

export function startWorkers(deps: WorkerDeps): Workers {
  const { database, unitOfWork, appserviceObserver, log } = deps;
  // A server that is alone finds its own leases again after a crash.
  const holder = database.isShared ? randomSecret(deps.random) : "the only server";
  const leased = { ...deps, holder, alone: !database.isShared, unitOfWork };
  const stopCleaner = startCleaner({
    ...leased,
    tasks: [
      { name: "to-device transactions", run: (fenced) => forgetOldTransactions({ ...deps, unitOfWork: fenced }) },
      { name: "claim budgets", run: (fenced) => forgetFullBudgets({ ...deps, unitOfWork: fenced }) },
      { name: "reports of asked appservices", run: (fenced) => forgetOldReports({ ...deps, unitOfWork: fenced }) },
      { name: "log-in attempts", run: (fenced) => forgetOldAttempts({ ...deps, unitOfWork: fenced }) },
    ],
  });
  const stopReporter = startProxyReporter({ ...leased, process: holder, reports: deps.proxyReports });
  const sender = startAppserviceSender({ ...leased, observer: appserviceObserver, log });
  return {
    sender,
    stop: async () => {
      await Promise.all([stopCleaner(), stopReporter(), sender.stop()]);
    },
  };
}
