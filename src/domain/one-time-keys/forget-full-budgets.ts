import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ClaimBudgetStore } from "./claim-budget-store.ts";
import type { ClaimBudgetRules } from "./spend-budgets.ts";

/** A budget that nobody has touched for as long as it takes to refill is full, and says nothing (rule C7). */
export async function forgetFullBudgets(deps: {
  readonly unitOfWork: UnitOfWork<{ claimBudgets: ClaimBudgetStore }>;
  readonly clock: Clock;
  readonly claimBudgets: ClaimBudgetRules;
}): Promise<void> {
  const before = deps.clock.now() - deps.claimBudgets.refillTime;
  await deps.unitOfWork.run({}, ({ claimBudgets }) => claimBudgets.forgetBefore(before));
}
