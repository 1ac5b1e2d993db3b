import type { ClaimSource } from "../kernel/observer.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { ClaimBudgetStore } from "./claim-budget-store.ts";
import type { FallbackKeyStore } from "./fallback-key-store.ts";
import type { IssuedKey, OneTimeKeyStore } from "./one-time-key-store.ts";
import { type ClaimBudgetRules, hasBudgets, type Spending, spendBudgets } from "./spend-budgets.ts";

export interface TakingStores {
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly claimBudgets: ClaimBudgetStore;
}

export interface LocalClaim extends Spending {
  readonly algorithm: string;
}

export interface TakenKey {
  readonly source: ClaimSource;
  /** `undefined` when the device is unknown or has nothing left (rule C4). */
  readonly key: IssuedKey | undefined;
}

/**
 * Inside a unit: the key that a claimer gets of one of our devices: a one-time key, which nobody gets again (rule C1),
 * else the fallback key, which stays and counts as used from then on (rule C3). The owner's sync is woken (rule C8).
 */
export async function takeLocalKey(
  stores: TakingStores,
  commit: Commit,
  rules: ClaimBudgetRules,
  claim: LocalClaim,
): Promise<TakenKey> {
  const { target, algorithm } = claim;
  const key = (await isSpared(stores, rules, claim)) ? undefined : await stores.oneTimeKeys.take(target, algorithm);
  if (key) {
    commit.wake(target.userId);
    return { source: "one_time_key", key };
  }
  const fallback = await stores.fallbackKeys.findKey(target, algorithm);
  if (!fallback) return { source: "none", key: undefined };
  if (!fallback.used) {
    await stores.fallbackKeys.markUsed(target, algorithm);
    commit.wake(target.userId);
  }
  return { source: "fallback_key", key: fallback };
}

/** Whether the claimer has used up its budget (rule C7). A device without a fallback key cannot be spared. */
async function isSpared(stores: TakingStores, rules: ClaimBudgetRules, claim: LocalClaim): Promise<boolean> {
  if (!hasBudgets(rules) || !(await stores.fallbackKeys.findKey(claim.target, claim.algorithm))) return false;
  return !(await spendBudgets(stores.claimBudgets, rules, claim));
}
