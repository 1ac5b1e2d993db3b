/** What is promised, or `undefined` once the signal is aborted: what comes after that goes unheard. */
export function unlessAborted<T>(promised: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const end = () => resolve(undefined);
    signal.addEventListener("abort", end, { once: true });
    promised.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
