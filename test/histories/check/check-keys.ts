import {
  type Claim,
  type DeviceName,
  entriesOf,
  type History,
  type Interval,
  type NamedKey,
  type Rest,
  type Upload,
  upsert,
  type Violation,
} from "../history.ts";
import { CountedMoments } from "./counted-moments.ts";

interface StoredKey extends NamedKey {
  readonly upload: Upload;
  /** Which upload of its device, counted from 0. */
  readonly order: number;
  issued: Claim | undefined;
}

/** What is known about one device's pool. */
class Pool {
  readonly keys = new Map<string, StoredKey>();
  readonly byId = new Map<string, StoredKey[]>();
  readonly fallbackKeys = new Map<string, string>();
  readonly clashes: Upload[] = [];
  readonly lost: Claim[] = [];
  uploads = 0;
  readonly #stored = { began: new CountedMoments(), ended: new CountedMoments() };
  readonly #taken = { began: new CountedMoments(), ended: new CountedMoments() };
  readonly #lost = new CountedMoments();

  store(upload: Upload): void {
    const order = this.uploads++;
    const fresh = upload.oneTimeKeys.filter(({ key }) => !this.keys.has(key));
    for (const { id, key } of fresh) {
      const stored = { id, key, upload, order, issued: undefined };
      this.keys.set(key, stored);
      upsert(this.byId, id, () => []).push(stored);
    }
    this.#stored.began.add(upload.began, fresh.length);
    this.#stored.ended.add(upload.ended, fresh.length);
  }

  take(claim: Claim): void {
    this.#taken.began.add(claim.began);
    this.#taken.ended.add(claim.ended);
  }

  lose(claim: Claim): void {
    this.lost.push(claim);
    this.#lost.add(claim.began);
  }

  /** How many keys the pool may have had at a moment within. */
  countWithin({ began, ended }: Interval): { least: number; most: number } {
    const most = this.#stored.began.before(ended) - this.#taken.ended.before(began);
    const least = this.#stored.ended.before(began) - this.#taken.began.before(ended) - this.#lost.before(ended);
    return { least, most };
  }

  /** Whether an unanswered claim, begun before a moment, may have taken a key. */
  mayHaveLost(before: number): boolean {
    return this.lost.some(({ began }) => began < before);
  }
}

/** Rules C1, C2, C3, K1, K4, K5, K10 and S1. */
export function checkKeys(history: History): Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, what: string) => violations.push({ rule, what });
  const pools = new Map<DeviceName, Pool>();
  const poolOf = (device: DeviceName) => upsert(pools, device, () => new Pool());
  for (const upload of entriesOf(history, "upload")) {
    const pool = poolOf(upload.device);
    if (upload.outcome === "stored") pool.store(upload);
    else pool.clashes.push(upload);
    if (upload.fallbackKey) pool.fallbackKeys.set(upload.fallbackKey.key, upload.fallbackKey.id);
  }
  const claims = entriesOf(history, "claim");
  for (const claim of claims) {
    for (const [index, device] of claim.targets.entries()) {
      const pool = poolOf(device);
      if (!claim.given) pool.lose(claim);
      else issue(pool, device, claim, claim.given[index], report);
    }
  }
  for (const claim of claims) checkRefusedToGive(claim, poolOf, report);
  for (const [device, pool] of pools) {
    checkOrder(device, pool, report);
    checkClashes(device, pool, report);
  }
  for (const sync of entriesOf(history, "sync")) {
    const { least, most } = poolOf(sync.device).countWithin(sync);
    if (sync.count >= least && sync.count <= most) continue;
    const range = `from ${least} to ${most} are possible`;
    report("S1", `the sync of ${sync.device} at ${sync.began}-${sync.ended} counts ${sync.count} keys: ${range}`);
  }
  for (const entry of history) if (entry.kind === "rest") checkRest(entry, poolOf(entry.device), report);
  return violations;
}

type Report = (rule: string, what: string) => void;

function issue(pool: Pool, device: DeviceName, claim: Claim, given: NamedKey | undefined, report: Report): void {
  if (!given || pool.fallbackKeys.get(given.key) === given.id) return;
  const at = `the claim at ${claim.began}-${claim.ended}`;
  const stored = pool.keys.get(given.key);
  if (!stored || stored.id !== given.id) {
    report("C1", `${at} gives ${given.id} "${given.key}", which ${device} has not stored`);
  } else if (stored.issued) {
    const { began, ended } = stored.issued;
    report("C1", `${at} gives ${given.id} "${given.key}" of ${device}, issued before at ${began}-${ended}`);
  } else {
    if (stored.upload.began > claim.ended) report("C1", `${at} gives "${given.key}" before it was uploaded`);
    stored.issued = claim;
    pool.take(claim);
  }
}

/** Nothing, or the fallback key, is given only where the pool is empty. */
function checkRefusedToGive(claim: Claim, poolOf: (device: DeviceName) => Pool, report: Report): void {
  for (const [index, device] of claim.targets.entries()) {
    if (!claim.given) continue;
    const given = claim.given[index];
    const pool = poolOf(device);
    if (given && !pool.fallbackKeys.has(given.key)) continue;
    const { least } = pool.countWithin(claim);
    if (least <= 0) continue;
    const what = given ? "the fallback key" : "nothing";
    report("C3", `the claim at ${claim.began}-${claim.ended} gives ${what} of ${device}, which has ${least} keys`);
  }
}

/** C2: what was claimed after another claim's answer is not of an earlier upload, unless an unanswered claim held it. */
function checkOrder(device: DeviceName, pool: Pool, report: Report): void {
  const issued = [...pool.keys.values()].filter((key) => key.issued !== undefined) as (StoredKey & { issued: Claim })[];
  const byEnd = issued.toSorted((one, other) => one.issued.ended - other.issued.ended).values();
  const byBeginning = issued.toSorted((one, other) => one.issued.began - other.issued.began);
  let latest: (StoredKey & { issued: Claim }) | undefined;
  let next = byEnd.next();
  for (const key of byBeginning) {
    while (!next.done && next.value.issued.ended < key.issued.began) {
      if (!latest || next.value.order > latest.order) latest = next.value;
      next = byEnd.next();
    }
    if (!latest || key.order >= latest.order || key.upload.ended > latest.issued.began) continue;
    if (pool.mayHaveLost(latest.issued.ended)) continue;
    const [earlier, later] = [key, latest].map(
      ({ key: name, order, issued: { began, ended } }) => `"${name}" of upload ${order} (issued at ${began}-${ended})`,
    );
    report("C2", `${device}: ${later} comes before ${earlier}`);
  }
}

/** K4: an upload clashes exactly with what is in the pool; K1: what clashed has stored nothing (see `issue`). */
function checkClashes(device: DeviceName, pool: Pool, report: Report): void {
  const stored = [...new Set([...pool.keys.values()].map(({ upload }) => upload))];
  for (const { oneTimeKeys, began, ended } of pool.clashes) {
    const others = oneTimeKeys.flatMap(({ id, key }) => (pool.byId.get(id) ?? []).filter((other) => other.key !== key));
    const mayBeThere = others.some(({ upload, issued }) => upload.began < ended && !(issued && issued.ended < began));
    if (!mayBeThere) report("K4", `the upload of ${device} at ${began}-${ended} is refused: nothing clashes`);
  }
  for (const { oneTimeKeys, began, ended } of stored) {
    for (const { id, key } of oneTimeKeys) {
      const clash = (pool.byId.get(id) ?? []).find(
        (other) =>
          other.key !== key &&
          other.upload.ended < began &&
          !(other.issued ? other.issued.began < ended : pool.mayHaveLost(ended)),
      );
      if (clash) report("K4", `the upload of ${device} at ${began}-${ended} replaces ${id} "${clash.key}" by "${key}"`);
    }
  }
}

/** K10: at rest what is counted is there, and every key is accounted for. */
function checkRest({ device, counted, given, countedAfter }: Rest, pool: Pool, report: Report): void {
  if (counted !== given) report("K10", `${device} is told ${counted} keys at rest, but has given ${given}`);
  if (countedAfter !== 0) report("K10", `${device} is told ${countedAfter} keys when it has none`);
  const missing = [...pool.keys.values()].filter(({ issued }) => issued === undefined);
  if (missing.length <= pool.lost.length) return;
  const names = missing.slice(0, 5).map(({ key }) => `"${key}"`);
  const claims = `${pool.lost.length} claims were unanswered`;
  report("K10", `${missing.length} keys of ${device} were never given, and ${claims}: ${names.join(", ")}…`);
}
