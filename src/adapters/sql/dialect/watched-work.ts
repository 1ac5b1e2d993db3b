import type { UnitScope } from "../../../domain/kernel/unit-of-work.ts";

/** Looks at each call of a store before it is made, and throws where it must not be. */
type CallCheck = (method: string, parameters: readonly unknown[]) => void;

/**
 * Runs `work` as development and tests should: it is rejected when it awaits anything but its stores, or ends while a
 * store is still at work, and afterwards the stores refuse to serve it. Without this a forgotten `await` or a timer
 * inside a unit would write into the transaction of whichever unit runs then.
 */
export async function watchedWork<Stores, T>(
  stores: Stores,
  work: (stores: Stores) => Promise<T>,
  check: CallCheck = () => undefined,
): Promise<T> {
  const lease = new Lease(check);
  try {
    return await untilIdle(lease, endedWork(lease, work(lease.lend(stores))));
  } finally {
    lease.end();
  }
}

/** Like `watchedWork`, for a unit: it also may change only what its scope names. */
export function watchedUnit<Stores, T>(
  stores: Stores,
  scope: UnitScope,
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  return watchedWork(stores, work, scopeCheck(scope));
}

/** Methods that read (kernel/unit-of-work.ts, `Reading`), and those that decide nothing and need no name. */
const needsNoName = /^(find|list|count|has)|^(takeAll|useAll|removeUpTo|putBudget)/;

/** Every other change is about a user or a room that the scope names. */
export function scopeCheck(scope: UnitScope): CallCheck {
  if (scope === "everything") return () => undefined;
  const names = new Set([...(scope.exclusive ?? []), ...(scope.shared ?? [])]);
  return (method, [first, second]) => {
    if (needsNoName.test(method)) return;
    const subjects = subjectsIn(first);
    // A room and one of its users.
    if (typeof first === "string" && subjects.length > 0 && typeof second === "string")
      subjects.push(...subjectsIn(second));
    if (subjects.length === 0 || subjects.some((subject) => names.has(subject))) return;
    throw new Error(`A unit of work changed something of ${subjects[0]}, whom its scope does not name (${method})`);
  };
}

/**
 * Store methods name their user or room first: an id, or an object that has one. A throttle is named after more than the
 * user, and an authentication session is nobody's until it is used.
 */
function subjectsIn(parameter: unknown): string[] {
  if (typeof parameter === "string") return /^[@!]\S+$/.test(parameter) ? [parameter] : [];
  if (typeof parameter !== "object" || parameter === null || "sessionId" in parameter) return [];
  const { userId, roomId } = parameter as { userId?: unknown; roomId?: unknown };
  return [userId, roomId].flatMap((id) => (id === undefined ? [] : String(id)));
}

async function endedWork<T>(lease: Lease, work: Promise<T>): Promise<T> {
  const result = await work;
  if (lease.running > 0) throw new Error("A unit of work ended while a store was still at work: an await is missing");
  return result;
}

/** Rejects when `work` goes on for a turn of the event loop in which no store is at work. */
function untilIdle<T>(lease: Lease, work: Promise<T>): Promise<T> {
  let bark: NodeJS.Immediate | undefined;
  const outlived = new Promise<never>((_, reject) => {
    const look = (idleTurns: number) => {
      // Two turns: the work itself may run as the first immediate of a turn.
      if (idleTurns === 2) reject(new Error("A unit of work awaited something other than its stores"));
      else bark = setImmediate(() => look(lease.running > 0 ? 0 : idleTurns + 1));
    };
    look(0);
  });
  return Promise.race([work, outlived]).finally(() => clearImmediate(bark));
}

/** The stores, lent for one piece of work. */
class Lease {
  running = 0;
  #ended = false;
  readonly #check: CallCheck;

  constructor(check: CallCheck) {
    this.#check = check;
  }

  lend<Stores>(stores: Stores): Stores {
    return interceptProperties(stores, (store) =>
      interceptProperties(store, (method, name) => this.#counted(store, method, name)),
    );
  }

  end(): void {
    this.#ended = true;
  }

  #counted(store: unknown, method: unknown, name: string): unknown {
    if (typeof method !== "function") return method;
    return async (...parameters: unknown[]) => {
      if (this.#ended) throw new Error("A store was used after its unit of work had ended");
      this.#check(name, parameters);
      this.running++;
      try {
        return await method.apply(store, parameters);
      } finally {
        this.running--;
      }
    };
  }
}

function interceptProperties<T>(target: T, replace: (value: unknown, name: string) => unknown): T {
  if (typeof target !== "object" || target === null) return target;
  return new Proxy(target, { get: (object, name) => replace(Reflect.get(object, name), String(name)) });
}
