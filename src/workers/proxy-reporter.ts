import type { ProxyReport, ProxyReportStore } from "../domain/appservices/proxy-report-store.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import type { UnitOfWork } from "../domain/kernel/unit-of-work.ts";
import type { WorkerLog } from "./worker-log.ts";

export interface ProxyReporterOptions {
  /** This process's name, which no other has. */
  readonly process: string;
  readonly reports: () => readonly ProxyReport[];
  readonly unitOfWork: UnitOfWork<{ readonly proxyReports: ProxyReportStore }>;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

/** Ms between two looks. */
const interval = 10_000;

/**
 * Writes down how this process asks appservices for keys, where `claviger doctor` reads it; nothing when nothing has
 * changed.
 *
 * @returns stops it; resolves once nothing is being written
 */
export function startProxyReporter({ process, reports, unitOfWork, clock, log }: ProxyReporterOptions) {
  const written = new Map<string, string>();
  let writing = Promise.resolve();
  const writeChanged = async () => {
    const changed = reports().filter((report) => written.get(nameOf(report)) !== JSON.stringify(report));
    if (changed.length === 0) return;
    const now = clock.now();
    await unitOfWork.run({}, async ({ proxyReports }) => {
      for (const report of changed) await proxyReports.put(process, report, now);
    });
    for (const report of changed) written.set(nameOf(report), JSON.stringify(report));
  };
  let outOfReach = false;
  const write = async () => {
    try {
      await writeChanged();
      outOfReach = false;
    } catch (error) {
      outOfReach = true;
      log.debug("how appservices are asked was not written down", { error });
    }
  };
  let timer: NodeJS.Timeout;
  const waitForNext = () => {
    timer = setTimeout(() => {
      writing = write().then(waitForNext);
    }, interval).unref();
  };
  waitForNext();
  return async (): Promise<void> => {
    clearTimeout(timer);
    await writing;
    // One that was under way has set the next timer.
    clearTimeout(timer);
    // A stop waits for no outage.
    if (!outOfReach) await write();
  };
}

function nameOf({ appserviceId, kind }: ProxyReport): string {
  return `${kind} ${appserviceId}`;
}
