import type { TestContext } from "node:test";

const waiting = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs `work` after the test, what was asked for last first: a server is closed before its database is removed. */
export function afterTest(t: TestContext, work: () => unknown): void {
  const works = waiting.get(t) ?? [];
  works.push(work);
  if (waiting.has(t)) return;
  waiting.set(t, works);
  t.after(async () => {
    for (let next = works.pop(); next; next = works.pop()) await next();
  });
}
