interface Emitter {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

export type Found<T> = Exclude<T, undefined | null | false>;

/** What `find` gives as soon as it is neither `undefined` nor false: it is asked at once, and at each of the events. */
export async function until<T>(
  source: Emitter,
  events: readonly string[],
  find: () => T | Promise<T>,
): Promise<Found<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Found<T>>();
  const look = () => {
    Promise.resolve()
      .then(find)
      .then((found) => found && resolve(found as Found<T>))
      .catch(reject);
  };
  for (const event of events) source.on(event, look);
  look();
  try {
    return await promise;
  } finally {
    for (const event of events) source.off(event, look);
  }
}
