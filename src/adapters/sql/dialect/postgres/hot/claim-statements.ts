import type { DeviceOwner } from "../../../../../domain/kernel/requester.ts";
import type { WantedKey } from "../../../../../domain/one-time-keys/one-time-key-store.ts";
import type { ClaimStatements, FallbackKeyRow, IssuedKeyRow } from "../../hot-statements.ts";
import { lockNames, sharedNames } from "../scope-names.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { RunQuery, SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

type TakenRow = IssuedKeyRow & { user_id: string; device_id: string; algorithm: string; upload_order: number };

/** Calls for keys of one device and algorithm. */
interface WantedGroup extends WantedKey {
  /** Places among the calls, in order. */
  readonly places: number[];
}

// Keys that another transaction is taking are passed over, so nobody waits. One's own locks are not passed over: equal
// wishes are one row of `wanted` with their count. The rows are found again by their place in the table, which nothing
// changes while they are locked.
const takeText = `DELETE FROM one_time_keys WHERE ctid = ANY (ARRAY(
    SELECT first.ctid FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS wanted(user_id, device_id, algorithm, count)
    CROSS JOIN LATERAL (
      SELECT pool.ctid FROM one_time_keys pool
      WHERE pool.user_id = wanted.user_id AND pool.device_id = wanted.device_id AND pool.algorithm = wanted.algorithm
      ORDER BY pool.upload_order LIMIT wanted.count FOR UPDATE SKIP LOCKED) AS first))
  RETURNING user_id, device_id, algorithm, upload_order, key_id, json`;

const takeOneTimeKeys: SharedStatement<readonly WantedKey[], (IssuedKeyRow | undefined)[]> = {
  writes: true,
  async run(query, calls) {
    const wanted = calls.flat();
    const taken = new Array<IssuedKeyRow | undefined>(wanted.length).fill(undefined);
    const missed = await take(query, groupWanted(wanted), taken);
    if (missed.length > 0) {
      // An upload may be exchanging the pool, or have brought it in the same moment: its end is waited for. With the
      // owners' names held, what is missed now is missing, and stays so until the fallback keys have been looked at.
      await lockOwners(query, missed);
      await take(query, missed, taken);
    }
    return dealOut(calls, taken);
  },
};

/** Fills `taken` at the places of those that there are keys for; gives the groups that got too few, with what is left. */
async function take(
  query: RunQuery,
  groups: readonly WantedGroup[],
  taken: (IssuedKeyRow | undefined)[],
): Promise<WantedGroup[]> {
  const counts = groups.map(({ places }) => places.length);
  const { rows } = await query<TakenRow>("one_time_keys.take", takeText, [...columnsOf(groups), counts]);
  const byGroup = Map.groupBy(rows, (row) => groupName(row.user_id, row.device_id, row.algorithm));
  const missed: WantedGroup[] = [];
  for (const group of groups) {
    const keys = byGroup.get(nameOf(group)) ?? [];
    keys.sort((one, other) => one.upload_order - other.upload_order);
    for (const [index, key] of keys.entries()) taken[group.places[index] as number] = key;
    if (keys.length < group.places.length) missed.push({ ...group, places: group.places.slice(keys.length) });
  }
  return missed;
}

const findFallbackKeys = forEachKey<WantedKey, FallbackKeyRow, FallbackKeyRow | undefined>({
  name: "fallback_keys.find",
  parameters: { user_id: "text", device_id: "text", algorithm: "text" },
  select: `SELECT key_id, json, used FROM fallback_keys key WHERE key.user_id = asked.user_id
    AND key.device_id = asked.device_id AND key.algorithm = asked.algorithm`,
  values: ({ target, algorithm }) => [target.userId, target.deviceId, algorithm],
  answer: ([row]) => row,
});

const markUsedText = `UPDATE fallback_keys SET used = 1 WHERE user_id = $1 AND device_id = $2 AND algorithm = $3
  RETURNING key_id, json`;

const useFallbackKeys: SharedStatement<readonly WantedKey[], (FallbackKeyRow | undefined)[]> = {
  writes: true,
  async run(query, calls) {
    const wanted = calls.flat();
    const found = [...(await findFallbackKeys.run(query, wanted))];
    // In one order for all transactions, so that no two claims wait for each other. Uploads that share a transaction have
    // no such order: they are waited for before a row is held.
    const unused = groupWanted(wanted.filter((_, place) => found[place]?.used === 0));
    if (unused.length > 0) await lockOwners(query, unused);
    const marked = await Promise.all(unused.map((group) => markUsed(query, group)));
    const byName = new Map(unused.map((group, index) => [nameOf(group), marked[index]]));
    for (const [place, key] of wanted.entries()) {
      const name = nameOf(key);
      if (found[place]?.used !== 0) continue;
      // The key that was there when the row was marked: another may have been uploaded since it was read.
      const row = byName.get(name);
      found[place] = row && { ...row, used: 0 };
    }
    return dealOut(calls, found);
  },
};

async function lockOwners(query: RunQuery, wanted: readonly WantedKey[]): Promise<void> {
  await lockNames(query, [sharedNames(wanted.map(({ target }) => target.userId))]);
}

async function markUsed(query: RunQuery, { target, algorithm }: WantedKey): Promise<IssuedKeyRow | undefined> {
  const parameters = [target.userId, target.deviceId, algorithm];
  return (await query<IssuedKeyRow>("fallback_keys.mark-used", markUsedText, parameters)).rows[0];
}

/** What a claim stands on. */
export function claimStatements(runner: StatementRunner): ClaimStatements {
  return {
    takeOneTimeKeys: async (wanted) => (wanted.length > 0 ? runner.together(takeOneTimeKeys, wanted) : []),
    findFallbackKey: (target: DeviceOwner, algorithm) => runner.together(findFallbackKeys, { target, algorithm }),
    useFallbackKeys: async (wanted) => (wanted.length > 0 ? runner.together(useFallbackKeys, wanted) : []),
  };
}

function groupWanted(wanted: readonly WantedKey[]): WantedGroup[] {
  const groups = new Map<string, WantedGroup>();
  for (const [place, key] of wanted.entries()) {
    const name = nameOf(key);
    const group = groups.get(name);
    if (group) group.places.push(place);
    else groups.set(name, { ...key, places: [place] });
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

function columnsOf(groups: readonly WantedKey[]): string[][] {
  return [
    groups.map(({ target }) => target.userId),
    groups.map(({ target }) => target.deviceId),
    groups.map(({ algorithm }) => algorithm),
  ];
}

function nameOf({ target, algorithm }: WantedKey): string {
  return groupName(target.userId, target.deviceId, algorithm);
}

/** No id has this character (it cannot be stored). */
function groupName(userId: string, deviceId: string, algorithm: string): string {
  return `${userId}\0${deviceId}\0${algorithm}`;
}

/** Each call's own part of the answers to all wanted keys. */
function dealOut<Row>(calls: readonly (readonly WantedKey[])[], rows: readonly (Row | undefined)[]) {
  let start = 0;
  return calls.map((call) => {
    const end = start + call.length;
    const part = rows.slice(start, end);
    start = end;
    return part;
  });
}
