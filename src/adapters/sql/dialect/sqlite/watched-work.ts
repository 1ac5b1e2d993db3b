/**
 * Runs `work` as development and tests should: it is rejected when it awaits anything but its stores, or ends while a
 * store is still at work, and afterwards the stores refuse to serve it. Without this a forgotten `await` or a timer
 * inside a unit would write into the transaction of whichever unit runs then.
 */
export async function watchedWork<Stores, T>(stores: Stores, work: (stores: Stores) => Promise<T>): Promise<T> {
  const lease = new Lease();
  try {
    return await untilMacrotask(endedWork(lease, work(lease.lend(stores))));
  } finally {
    lease.end();
  }
}

async function endedWork<T>(lease: Lease, work: Promise<T>): Promise<T> {
  const result = await work;
  if (lease.running > 0) throw new Error("A unit of work ended while a store was still at work: an await is missing");
  return result;
}

/** Rejects when `work` outlives a turn of the event loop. */
function untilMacrotask<T>(work: Promise<T>): Promise<T> {
  let bark: NodeJS.Immediate | undefined;
  const outlived = new Promise<never>((_, reject) => {
    // Two turns: the work itself may run as the first immediate of a turn.
    bark = setImmediate(() => {
      bark = setImmediate(() => reject(new Error("A unit of work awaited something other than its stores")));
    });
  });
  return Promise.race([work, outlived]).finally(() => clearImmediate(bark));
}

/** The stores, lent for one piece of work. */
class Lease {
  running = 0;
  #ended = false;

  lend<Stores>(stores: Stores): Stores {
    return interceptProperties(stores, (store) => interceptProperties(store, (method) => this.#counted(store, method)));
  }

  end(): void {
    this.#ended = true;
  }

  #counted(store: unknown, method: unknown): unknown {
    if (typeof method !== "function") return method;
    return async (...parameters: unknown[]) => {
      if (this.#ended) throw new Error("A store was used after its unit of work had ended");
      this.running++;
      try {
        return await method.apply(store, parameters);
      } finally {
        this.running--;
      }
    };
  }
}

function interceptProperties<T>(target: T, replace: (value: unknown) => unknown): T {
  if (typeof target !== "object" || target === null) return target;
  return new Proxy(target, { get: (object, name) => replace(Reflect.get(object, name)) });
}
