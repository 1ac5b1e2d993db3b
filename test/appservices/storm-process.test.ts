import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../cli/run-claviger.ts";
import { afterTest } from "../support/after-test.ts";
import { accountsOf } from "./storm/population.ts";
import { storm } from "./storm/storm.ts";
import type { Manner } from "./storm/storm-answers.ts";
import { StormAppservice } from "./storm/storm-appservice.ts";
import { StormHouse } from "./storm/storm-house.ts";

const manners: readonly Manner[] = [
  ...(["healthy", "down", "resets", "slow", "unknown", "huge", "no JSON", "wrong shapes"] as const),
];

test("Q6: storms at bridges that fail in every manner leave nothing open and nothing in memory", async (t) => {
  const folder = temporaryFolder(t);
  const registrations: string[] = [];
  for (const [index, manner] of manners.entries()) {
    const appservice = await StormAppservice.start(manner, `storm${index}`);
    afterTest(t, () => appservice.stop());
    const file = join(folder, `storm${index}.yaml`);
    appservice.register(file, `bridge${index}_`);
    registrations.push(file);
  }
  const sets = manners.map((_, index) => accountsOf(`bridge${index}_`, 5));
  const house = await StormHouse.open(join(folder, "house"), {
    clients: 80,
    timeouts: [100, 400],
    sets,
    registrations,
  });
  afterTest(t, () => house.close());
  await house.warmUp();
  const before = await house.sampleHeld();
  for (let round = 0; round < 4; round++) {
    const book = await storm(house.clients, { length: 0, period: 1 });
    assert.deepEqual([book.wrong, book.givenTwice], [[], 0]);
  }
  // A request that nobody waits for any more still has its own deadline, and a connection is kept for a while.
  const bound = before.heap + 16 * 1024 * 1024;
  let after = await house.sampleHeld();
  while (after.openFiles > before.openFiles || after.heap > bound) after = await house.sampleHeld();
  t.diagnostic(
    `heap ${before.heap} and then ${after.heap} bytes, open files ${before.openFiles} and ${after.openFiles}`,
  );
  assert.equal(await house.close(), 0);
});
