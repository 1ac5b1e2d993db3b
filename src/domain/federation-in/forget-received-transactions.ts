import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ReceivedTransactionStore } from "./received-transaction-store.ts";

/** Ms: a server whose transaction was not answered sends it again within hours, even if it backs off. */
const rememberedFor = 7 * 24 * 3600_000;

/** Bounds the memory of what other servers have sent. */
export async function forgetReceivedTransactions(deps: {
  readonly unitOfWork: UnitOfWork<{ readonly receivedTransactions: ReceivedTransactionStore }>;
  readonly clock: Clock;
}): Promise<void> {
  const before = deps.clock.now() - rememberedFor;
  await deps.unitOfWork.run({}, ({ receivedTransactions }) => receivedTransactions.forgetBefore(before));
}
