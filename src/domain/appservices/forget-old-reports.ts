import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ProxyReportStore } from "./proxy-report-store.ts";

/** A process that has ended is not told of for longer, in ms. */
const rememberedFor = 24 * 3600_000;

export async function forgetOldReports(deps: {
  readonly unitOfWork: UnitOfWork<{ proxyReports: ProxyReportStore }>;
  readonly clock: Clock;
}): Promise<void> {
  const before = deps.clock.now() - rememberedFor;
  await deps.unitOfWork.run({}, ({ proxyReports }) => proxyReports.removeBefore(before));
}
