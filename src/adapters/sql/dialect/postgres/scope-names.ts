import { hash } from "node:crypto";
import type { UnitScope } from "../../../../domain/kernel/unit-of-work.ts";
import type { RunQuery } from "./transaction-batches.ts";

/** A unit that names more takes everything: the database has room for some thousand locks. */
const mostNames = 256;

/** What a unit holds, by name; `everything` is a name that all who name anything share. */
export interface ScopeNames {
  readonly exclusive: ReadonlySet<string>;
  readonly shared: ReadonlySet<string>;
}

const everything = "everything";
const allOfIt: ScopeNames = { exclusive: new Set([everything]), shared: new Set() };
const nothing: ScopeNames = { exclusive: new Set(), shared: new Set() };

export function namesOfScope(scope: UnitScope): ScopeNames {
  if (scope === "everything") return allOfIt;
  const exclusive = new Set(scope.exclusive);
  const shared = new Set(scope.shared);
  const count = exclusive.size + shared.size;
  if (count === 0) return nothing;
  if (count > mostNames) return allOfIt;
  return { exclusive, shared: shared.add(everything) };
}

/** These names, shared. */
export function sharedNames(names: Iterable<string>): ScopeNames {
  return { exclusive: new Set(), shared: new Set([...names, everything]) };
}

/** Names that are held, each by so many. */
export class HeldNames {
  readonly #exclusive = new Map<string, number>();
  readonly #shared = new Map<string, number>();

  /** Whether somebody else may hold these at the same time. */
  allow({ exclusive, shared }: ScopeNames): boolean {
    for (const name of exclusive) if (this.#exclusive.has(name) || this.#shared.has(name)) return false;
    for (const name of shared) if (this.#exclusive.has(name)) return false;
    return true;
  }

  add({ exclusive, shared }: ScopeNames): void {
    for (const name of exclusive) count(this.#exclusive, name, 1);
    for (const name of shared) count(this.#shared, name, 1);
  }

  remove({ exclusive, shared }: ScopeNames): void {
    for (const name of exclusive) count(this.#exclusive, name, -1);
    for (const name of shared) count(this.#shared, name, -1);
  }
}

function count(names: Map<string, number>, name: string, by: number): void {
  const total = (names.get(name) ?? 0) + by;
  if (total > 0) names.set(name, total);
  else names.delete(name);
}

const lockText = `SELECT CASE WHEN wanted.exclusive THEN pg_advisory_xact_lock(wanted.key)
    ELSE pg_advisory_xact_lock_shared(wanted.key) END
  FROM unnest($1::bigint[], $2::boolean[]) AS wanted(key, exclusive)`;

/**
 * Holds the names of all these scopes against other transactions, until the end of this one. All transactions take their
 * locks in one order, at once and before anything else: no two wait for each other.
 */
export async function lockNames(query: RunQuery, scopes: readonly ScopeNames[]): Promise<void> {
  const modes = new Map<bigint, boolean>();
  for (const { exclusive, shared } of scopes) {
    for (const name of shared) {
      const key = lockKey(name);
      if (!modes.has(key)) modes.set(key, false);
    }
    for (const name of exclusive) modes.set(lockKey(name), true);
  }
  if (modes.size === 0) return;
  const locks = [...modes].sort(([one], [other]) => (one < other ? -1 : 1));
  await query("locks.take", lockText, [locks.map(([key]) => String(key)), locks.map(([, exclusive]) => exclusive)]);
}

/** Names that meet in one key wait for each other without need: of 2^64 few do. */
function lockKey(name: string): bigint {
  return hash("sha256", name, "buffer").readBigInt64BE(0);
}
