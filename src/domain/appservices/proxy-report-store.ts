import type { ProxyOutcome } from "../kernel/observer.ts";

/** What one process has to tell of how it asks an appservice for keys (rules C6, Q5), for an operator. */
export interface ProxyReport {
  readonly appserviceId: string;
  readonly kind: "claim" | "query";
  /** Since the process began. */
  readonly counts: Readonly<Record<ProxyOutcome, number>>;
  /** Until when it does not ask, in ms since the epoch; `undefined` when it may. */
  readonly pausedUntil: number | undefined;
  /** One line; `undefined` when the appservice answered last. */
  readonly lastError: string | undefined;
}

/** The newest report of each process: other processes, and commands, cannot see what goes on in it. */
export interface ProxyReportStore {
  /** @param process its name, which no other has */
  put(process: string, report: ProxyReport, reportedAt: number): Promise<void>;
  listReports(): Promise<ProxyReport[]>;
  /** Forgets what was reported before a time (ms since the epoch). */
  removeBefore(time: number): Promise<void>;
}
