import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ToDeviceStore } from "./to-device-store.ts";

/** Clients send again within minutes; a day covers a laptop that was closed in between. */
const rememberedFor = 24 * 3600_000;

/** Bounds the memory of what was sent before (rule S3). */
export async function forgetOldTransactions(deps: {
  readonly unitOfWork: UnitOfWork<{ toDevice: ToDeviceStore }>;
  readonly clock: Clock;
}): Promise<void> {
  const before = deps.clock.now() - rememberedFor;
  await deps.unitOfWork.run({}, ({ toDevice }) => toDevice.forgetTransactionsBefore(before));
}
