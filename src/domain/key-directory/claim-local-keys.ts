import type { AppserviceKeys } from "../appservices/appservice-keys.ts";
import type { Appservice } from "../appservices/appservices.ts";
import type { Observer } from "../kernel/observer.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import {
  type LocalClaim,
  namesOfClaims,
  type TakenKey,
  type TakingDeps,
  type TakingStores,
  takeFallbackKeys,
  takeLocalKeys,
} from "../one-time-keys/take-local-keys.ts";
import { answeringAppservice } from "./answering-appservice.ts";
import { appserviceTimeout } from "./key-timeouts.ts";

export interface ClaimLocalKeysDeps extends TakingDeps {
  readonly unitOfWork: UnitOfWork<TakingStores>;
  readonly observer: Observer;
  readonly appserviceKeys: AppserviceKeys;
  readonly compatibility: {
    /** Whether appservices are asked for the one-time keys of their users (rule C6). */
    readonly msc3983: boolean;
  };
}

/** Claims in one unit of work: beyond it a request takes several, so that none holds the event loop. */
const claimsInUnit = 200;

/**
 * Claims one key of ours for each claim. For a user that an appservice answers for, what the pool does not have is asked
 * of the appservice, outside any unit, and what that does not give is filled with the fallback key (rule C6). It resolves
 * after all that it gives away is committed (rule C1).
 *
 * @param timeout ms that appservices have
 * @returns in the order of `claims`; `undefined` where there is none to give (rule C4)
 */
export async function claimLocalKeys(
  deps: ClaimLocalKeysDeps,
  claims: readonly LocalClaim[],
  timeout: number,
): Promise<(IssuedKey | undefined)[]> {
  const appservices = appservicesOf(deps, claims);
  const keys = new Map<LocalClaim, IssuedKey | undefined>();
  const settle = (claim: LocalClaim, { source, key }: TakenKey) => {
    keys.set(claim, key);
    deps.observer.claimAnswered(source, claim.target, claim.claimer);
  };
  for (const batch of batchesOf(claims)) {
    const scope = { exclusive: namesOfClaims(deps.claimBudgets, batch) };
    const taken = await deps.unitOfWork.run(scope, (stores, commit) =>
      takeLocalKeys(deps, stores, commit, batch, (claim) => appservices.has(claim)),
    );
    for (const [index, claim] of batch.entries()) {
      const answer = taken[index];
      if (answer) settle(claim, answer);
    }
  }
  const dry = claims.filter((claim) => !keys.has(claim));
  for (const [claim, key] of await askAppservices(deps.appserviceKeys, appservices, dry, timeout)) {
    settle(claim, { source: "appservice", key });
  }
  for (const batch of batchesOf(dry.filter((claim) => !keys.has(claim)))) {
    const taken = await deps.unitOfWork.run({}, (stores, commit) => takeFallbackKeys(deps, stores, commit, batch));
    for (const [index, claim] of batch.entries()) settle(claim, taken[index] as TakenKey);
  }
  return claims.map((claim) => keys.get(claim));
}

/** Whom to ask for which claims when the pool is dry; most claims are of nobody's users. */
function appservicesOf(
  { appservices, compatibility }: ClaimLocalKeysDeps,
  claims: readonly LocalClaim[],
): ReadonlyMap<LocalClaim, Appservice> {
  const asked = new Map<LocalClaim, Appservice>();
  if (!compatibility.msc3983 || appservices.all.length === 0) return asked;
  for (const claim of claims) {
    const appservice = answeringAppservice(appservices, claim.target.userId, "answersClaims");
    if (appservice) asked.set(claim, appservice);
  }
  return asked;
}

/** Keys that one request is worth to an appservice: nobody shall wait behind one who asks for a whole network. */
const mostAsked = 500;

/** All of them at once; gives the claims that have got a key. */
async function askAppservices(
  appserviceKeys: AppserviceKeys,
  appservices: ReadonlyMap<LocalClaim, Appservice>,
  claims: readonly LocalClaim[],
  timeout: number,
): Promise<Map<LocalClaim, IssuedKey>> {
  const given = new Map<LocalClaim, IssuedKey>();
  // A key that comes when nobody waits any more is lost.
  if (timeout === 0) return given;
  const ask = async ([appservice, claimed]: [Appservice | undefined, LocalClaim[]]) => {
    if (!appservice) return;
    const wanted = claimed.slice(0, mostAsked);
    const proxied = wanted.map(({ target, algorithm }) => ({ ...target, algorithm }));
    const keys = await appserviceKeys.claimAll(appservice, proxied, appserviceTimeout(timeout));
    for (const [index, claim] of wanted.entries()) {
      const key = keys[index];
      if (key) given.set(claim, key);
    }
  };
  const byAppservice = Map.groupBy(claims, (claim) => appservices.get(claim));
  await Promise.all([...byAppservice].map(ask));
  return given;
}

function* batchesOf(claims: readonly LocalClaim[]): Generator<readonly LocalClaim[]> {
  for (let start = 0; start < claims.length; start += claimsInUnit) yield claims.slice(start, start + claimsInUnit);
}
