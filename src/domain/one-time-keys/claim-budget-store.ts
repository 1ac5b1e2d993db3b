import type { DeviceOwner } from "../kernel/requester.ts";

/** What is left of a budget, and when it was last refilled (ms since the epoch). */
export interface ClaimBudget {
  readonly remaining: number;
  readonly refilledAt: number;
}

/** How many one-time keys of a device a claimer may still take (rule C7). */
export interface ClaimBudgetStore {
  findBudget(target: DeviceOwner, claimer: string): Promise<ClaimBudget | undefined>;
  putBudget(target: DeviceOwner, claimer: string, budget: ClaimBudget): Promise<void>;
  /** Forgets budgets that were last touched before a time (ms since the epoch). */
  forgetBefore(time: number): Promise<void>;
  removeAll(target: DeviceOwner): Promise<void>;
}
