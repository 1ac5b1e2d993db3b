import type { DeviceOwner } from "../kernel/requester.ts";
import type { ClaimBudget, ClaimBudgetStore } from "./claim-budget-store.ts";

/** How many one-time keys of one device may be taken per refill time (rule C7); 0 = no budget. */
export interface ClaimBudgetRules {
  /** By one claiming user. */
  readonly budget: number;
  /** By all users of one claiming server. */
  readonly serverBudget: number;
  /** By everybody together. */
  readonly deviceBudget: number;
  /** Ms in which an empty budget is full again. */
  readonly refillTime: number;
}

export interface Spending {
  readonly target: DeviceOwner;
  /** A user id on the client endpoint, a server name on the federation endpoint. */
  readonly claimer: string;
  /** Ms since the epoch. */
  readonly now: number;
}

/** Everybody together is one more claimer, whose name no user or server has. */
const everybody = "*";

export function hasBudgets(rules: ClaimBudgetRules): boolean {
  return rules.budget > 0 || rules.serverBudget > 0 || rules.deviceBudget > 0;
}

/** Inside a unit: takes one from each budget that applies; false, and nothing taken, when one of them is empty. */
export async function spendBudgets(
  store: ClaimBudgetStore,
  rules: ClaimBudgetRules,
  { target, claimer, now }: Spending,
): Promise<boolean> {
  const spent: { claimer: string; budget: ClaimBudget }[] = [];
  for (const [name, limit] of budgetsOf(rules, claimer)) {
    const stored = await store.findBudget(target, name);
    const { remaining, refilledAt } = refill(stored, limit, rules.refillTime, now);
    if (remaining < 1) return false;
    spent.push({ claimer: name, budget: { remaining: remaining - 1, refilledAt } });
  }
  for (const { claimer: name, budget } of spent) await store.putBudget(target, name, budget);
  return true;
}

function budgetsOf(rules: ClaimBudgetRules, claimer: string): [string, number][] {
  const server = claimer.startsWith("@") ? claimer.slice(claimer.indexOf(":") + 1) : claimer;
  const budgets: [string, number][] = [
    [claimer, claimer === server ? 0 : rules.budget],
    [server, rules.serverBudget],
    [everybody, rules.deviceBudget],
  ];
  return budgets.filter(([, limit]) => limit > 0);
}

/** Whole keys only: the time that has not yet earned one stays in `refilledAt`. */
export function refill(stored: ClaimBudget | undefined, limit: number, refillTime: number, now: number): ClaimBudget {
  if (!stored) return { remaining: limit, refilledAt: now };
  const perKey = refillTime / limit;
  const earned = Math.max(0, Math.floor((now - stored.refilledAt) / perKey));
  if (stored.remaining + earned >= limit) return { remaining: limit, refilledAt: now };
  return { remaining: stored.remaining + earned, refilledAt: Math.floor(stored.refilledAt + earned * perKey) };
}
