import type { Appservices } from "../appservices/appservices.ts";
import { type QueueingStores, queueKeyCounts } from "../appservices/queue-key-counts.ts";
import type { ClaimSource } from "../kernel/observer.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { ClaimBudgetStore } from "./claim-budget-store.ts";
import type { FallbackKeyStore } from "./fallback-key-store.ts";
import type { IssuedKey, OneTimeKeyStore, WantedKey } from "./one-time-key-store.ts";
import { type ClaimBudgetRules, hasBudgets, type Spending, spendBudgets } from "./spend-budgets.ts";

export interface TakingStores extends QueueingStores {
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly claimBudgets: ClaimBudgetStore;
}

export interface TakingDeps {
  readonly claimBudgets: ClaimBudgetRules;
  readonly appservices: Appservices;
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
 * (rule C1), else the fallback key, which stays and counts as used from then on (rule C3). The owners' syncs are woken,
 * and appservices that encrypt for them hear of it (rule C8).
 *
 * @param hasAnother whether another source is asked before the fallback key is given (rule C6)
 * @returns in the order of `claims`; `undefined` where that other source is to be asked
 */
export async function takeLocalKeys(
  deps: TakingDeps,
  stores: TakingStores,
  commit: Commit,
  claims: readonly LocalClaim[],
  hasAnother: (claim: LocalClaim) => boolean,
): Promise<(TakenKey | undefined)[]> {
  const answers = new Map<LocalClaim, TakenKey | undefined>();
  const open = await withinBudgets(stores, deps.claimBudgets, claims);
  const taken = await stores.oneTimeKeys.takeAll(open);
  const changed: LocalClaim[] = [];
  for (const [index, claim] of open.entries()) {
    const key = taken[index];
    if (key) changed.push(claim);
    if (key) answers.set(claim, { source: "one_time_key", key });
    else if (hasAnother(claim)) answers.set(claim, undefined);
  }
  const rest = claims.filter((claim) => !answers.has(claim));
  changed.push(...(await addFallbackKeys(stores, rest, answers)));
  await tellOwners(deps, stores, commit, changed);
  return claims.map((claim) => answers.get(claim));
}

/** Inside a unit, as `takeLocalKeys`: the fallback key for each claim. */
export async function takeFallbackKeys(
  deps: TakingDeps,
  stores: TakingStores,
  commit: Commit,
  claims: readonly LocalClaim[],
): Promise<TakenKey[]> {
  const answers = new Map<LocalClaim, TakenKey>();
  await tellOwners(deps, stores, commit, await addFallbackKeys(stores, claims, answers));
  return claims.map((claim) => answers.get(claim) ?? nothing);
}

/** Gives the claims whose fallback key nobody has been given before. */
async function addFallbackKeys(
  stores: TakingStores,
  claims: readonly LocalClaim[],
  answers: Map<LocalClaim, TakenKey | undefined>,
): Promise<LocalClaim[]> {
  const fallbacks = claims.length > 0 ? await stores.fallbackKeys.useAll(claims) : [];
  for (const [index, claim] of claims.entries()) {
    const key = fallbacks[index];
    answers.set(claim, key ? { source: "fallback_key", key } : nothing);
  }
  return claims.filter((_, index) => fallbacks[index]?.firstUse);
}

/** Rule C8. */
async function tellOwners(
  { appservices }: TakingDeps,
  stores: TakingStores,
  commit: Commit,
  changed: readonly LocalClaim[],
): Promise<void> {
  const [first] = changed;
  if (!first) return;
  const owners = changed.map(({ target }) => target);
  commit.wake(...owners.map(({ userId }) => userId));
  await queueKeyCounts(stores, appservices, owners, first.now);
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
