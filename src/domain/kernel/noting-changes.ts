/** As `Reading` knows the methods that change nothing. */
const reads = /^(find|list|count|has)/;

/** The same stores, which tell before something is changed through them. */
export function notingChanges<Stores extends object>(stores: Stores, note: () => void): Stores {
  return replaceMembers(stores, (store) =>
    typeof store !== "object" || store === null
      ? store
      : replaceMembers(store, (method, name) => {
          if (typeof method !== "function" || reads.test(name)) return method;
          return (...parameters: unknown[]) => {
            note();
            return method.apply(store, parameters);
          };
        }),
  );
}

function replaceMembers<T extends object>(target: T, replace: (member: unknown, name: string) => unknown): T {
  return new Proxy(target, { get: (object, name) => replace(Reflect.get(object, name), String(name)) });
}
