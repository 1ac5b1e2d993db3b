import type { TestContext } from "node:test";

const tasks = new WeakMap<TestContext, (() => unknown)[]>();

/** Tidies up after a test, what was made last first: `t.after` would drop a database before it is closed. */
export function tidyLater(t: TestContext, task: () => unknown): void {
  const known = tasks.get(t);
  if (known) {
    known.push(task);
    return;
  }
  const ofTest = [task];
  tasks.set(t, ofTest);
  t.after(async () => {
    for (const last of ofTest.reverse()) await last();
  });
}
