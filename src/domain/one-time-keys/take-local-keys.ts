import type { ClaimSource } from "../kernel/observer.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { ClaimBudgetStore } from "./claim-budget-store.ts";
import type { FallbackKeyStore } from "./fallback-key-store.ts";
import type { IssuedKey, OneTimeKeyStore, WantedKey } from "./one-time-key-store.ts";
import { type ClaimBudgetRules, hasBudgets, type Spending, spendBudgets } from "./spend-budgets.ts";

export interface TakingStores {
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly claimBudgets: ClaimBudgetStore;
}

export interface LocalClaim extends Spending, WantedKey {}

export interface TakenKey {
  readonly source: ClaimSource;
  /** `undefined` when the device is unknown or has nothing left (rule C4). */
  readonly key: IssuedKey | undefined;
}

const nothing: TakenKey = { source: "none", key: undefined };

/** What the unit that takes the keys must hold exclusively: the budgets that it reads and spends. */
export function namesOfClaims(rules: ClaimBudgetRules, claims: readonly LocalClaim[]): string[] {
  return hasBudgets(rules) ? claims.map(({ target }) => `claims of ${target.userId} ${target.deviceId}`) : [];
}

/**
 * Inside a unit: the keys that a claimer gets of our devices, one for each claim: a one-time key, which nobody gets again
 * (rule C1), else the fallback key, which stays and counts as used from then on (rule C3). The owners' syncs are woken
 * (rule C8).
 */
export async function takeLocalKeys(
  stores: TakingStores,
  commit: Commit,
  rules: ClaimBudgetRules,
  claims: readonly LocalClaim[],
): Promise<TakenKey[]> {
  const answers = new Map<LocalClaim, TakenKey>();
  const open = await withinBudgets(stores, rules, claims);
  const taken = await stores.oneTimeKeys.takeAll(open);
  for (const [index, claim] of open.entries()) {
    const key = taken[index];
    if (!key) continue;
    answers.set(claim, { source: "one_time_key", key });
    commit.wake(claim.target.userId);
  }
  const rest = claims.filter((claim) => !answers.has(claim));
  const fallbacks = rest.length > 0 ? await stores.fallbackKeys.useAll(rest) : [];
  for (const [index, claim] of rest.entries()) {
    const key = fallbacks[index];
    if (!key) continue;
    answers.set(claim, { source: "fallback_key", key });
    if (key.firstUse) commit.wake(claim.target.userId);
  }
  return claims.map((claim) => answers.get(claim) ?? nothing);
}

/** Those claims that may take a one-time key (rule C7). A device without a fallback key cannot be spared. */
async function withinBudgets(
  stores: TakingStores,
  rules: ClaimBudgetRules,
  claims: readonly LocalClaim[],
): Promise<readonly LocalClaim[]> {
  if (!hasBudgets(rules)) return claims;
  const within: LocalClaim[] = [];
  for (const claim of claims) {
    const canBeSpared = (await stores.fallbackKeys.findKey(claim.target, claim.algorithm)) !== undefined;
    if (!canBeSpared || (await spendBudgets(stores.claimBudgets, rules, claim))) within.push(claim);
  }
  return within;
}
