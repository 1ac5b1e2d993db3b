import type { LeaseStore } from "./lease-store.ts";
import type { UnitOfWork, UnitScope } from "./unit-of-work.ts";

/** The right to do some work alone, among all processes (docs/decisions/0009). */
export interface Lease {
  readonly name: string;
  /** Rises with each change of hands: whoever comes with an older one is too late. */
  readonly token: number;
}

export interface LeasingStores {
  readonly leases: LeaseStore;
}

/** Somebody else has the lease now, or it was released: the unit has changed nothing. */
export class LeaseLostError extends Error {
  constructor(name: string) {
    super(`Another process has the lease of ${name}`);
    this.name = "LeaseLostError";
  }
}

/**
 * Takes the lease, or renews it.
 * @param lifetime ms until others may take it
 * @returns `undefined` while somebody else has it
 */
export async function takeLease(
  unitOfWork: UnitOfWork<LeasingStores>,
  name: string,
  holder: string,
  lifetime: number,
): Promise<Lease | undefined> {
  const scope = { exclusive: [scopeName(name)] };
  const token = await unitOfWork.run(scope, ({ leases }) => leases.take(name, holder, lifetime));
  return token === undefined ? undefined : { name, token };
}

/** Hands the lease over to whoever asks next; changes nothing when somebody else has it. */
export function releaseLease(unitOfWork: UnitOfWork<LeasingStores>, { name, token }: Lease): Promise<void> {
  return unitOfWork.run({ exclusive: [scopeName(name)] }, ({ leases }) => leases.release(name, token));
}

/**
 * Units of work for the holder of a lease: each begins by looking whether the lease is still held, and keeps it from
 * changing hands until it is committed. A holder that was taken for dead changes nothing once its successor has begun.
 *
 * `run` rejects with a `LeaseLostError` when the lease is lost.
 */
export function fencedUnitOfWork<Stores extends LeasingStores>(
  unitOfWork: UnitOfWork<Stores>,
  { name, token }: Lease,
): UnitOfWork<Stores> {
  return {
    run: (scope, work) =>
      unitOfWork.run(sharing(scopeName(name), scope), async (stores, commit) => {
        if (!(await stores.leases.hasToken(name, token))) throw new LeaseLostError(name);
        return work(stores, commit);
      }),
  };
}

function scopeName(lease: string): string {
  return `lease of ${lease}`;
}

function sharing(name: string, scope: UnitScope): UnitScope {
  return scope === "everything" ? scope : { ...scope, shared: [...(scope.shared ?? []), name] };
}
