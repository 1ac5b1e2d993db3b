import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";

/** Long, so that none expires while a test runs: time passes only by `age`. */
const hour = 3600_000;

contract("leases", {
  "a lease that somebody has is nobody else's": async (database) => {
    assert.equal(await take(database, "a"), 1);
    assert.equal(await take(database, "b"), undefined);
    assert.equal(await has(database, 1), true);
    assert.equal(await has(database, 2), false);
  },

  "its holder renews it: it lives on, with the same token": async (database) => {
    await take(database, "a");
    await age(database, hour / 2);
    assert.equal(await take(database, "a"), 1);
    await age(database, (hour / 4) * 3);
    assert.equal(await take(database, "b"), undefined);
    assert.equal(await has(database, 1), true);
  },

  "one that has expired is taken by another: the token rises, and the old one counts no more": async (database) => {
    await take(database, "a");
    await age(database, hour);
    assert.equal(await take(database, "b"), 2);
    assert.equal(await has(database, 1), false);
    assert.equal(await has(database, 2), true);
    assert.equal(await take(database, "a"), undefined);
    await age(database, hour);
    assert.equal(await take(database, "a"), 3);
  },

  "one that has expired is its holder's until another takes it": async (database) => {
    await take(database, "a");
    await age(database, 2 * hour);
    assert.equal(await has(database, 1), true);
    assert.equal(await take(database, "a"), 1);
    assert.equal(await take(database, "b"), undefined);
  },

  "one that is released is free at once, and nobody's token": async (database) => {
    await take(database, "a");
    await release(database, 1);
    assert.equal(await has(database, 1), false);
    assert.equal(await take(database, "b"), 2);
  },

  "whoever takes again what it had released has another token": async (database) => {
    await take(database, "a");
    await release(database, 1);
    assert.equal(await take(database, "a"), 2);
    assert.equal(await has(database, 1), false);
  },

  "a release with an old token, or of nothing, changes nothing": async (database) => {
    await release(database, 1);
    await take(database, "a");
    await age(database, hour);
    await take(database, "b");
    await release(database, 1);
    assert.equal(await has(database, 2), true);
    assert.equal(await take(database, "a"), undefined);
  },

  "of those that take it at once one has it": async (database) => {
    for (const round of [1, 2, 3]) {
      const tokens = await Promise.all(["a", "b", "c", "d"].map((holder) => take(database, `${holder}${round}`)));
      assert.deepEqual(
        tokens.filter((token) => token !== undefined),
        [round],
      );
      await age(database, hour);
    }
  },

  "a unit that fails takes, renews and releases nothing": async (database) => {
    const { unitOfWork } = database;
    await runAndFail(unitOfWork, ({ leases }) => leases.take("work", "a", hour));
    assert.equal(await has(database, 1), false);
    await take(database, "a");
    await runAndFail(unitOfWork, ({ leases }) => leases.release("work", 1));
    assert.equal(await has(database, 1), true);
    await runAndFail(unitOfWork, ({ leases }) => leases.take("work", "a", 2 * hour));
    await age(database, hour);
    assert.equal(await take(database, "b"), 2);
  },

  "leases of other names are others; names and holders may be any text": async (database) => {
    for (const text of oddTexts) assert.equal(await take(database, text, text), 1);
    for (const text of oddTexts) assert.equal(await take(database, "somebody else", text), undefined);
    for (const text of oddTexts) await release(database, 1, text);
    for (const text of oddTexts) assert.equal(await take(database, "somebody else", text), 2);
  },
});

function take({ unitOfWork }: TestDatabase, holder: string, name = "work"): Promise<number | undefined> {
  return unitOfWork.run({ exclusive: [name] }, ({ leases }) => leases.take(name, holder, hour));
}

function release({ unitOfWork }: TestDatabase, token: number, name = "work"): Promise<void> {
  return unitOfWork.run({ exclusive: [name] }, ({ leases }) => leases.release(name, token));
}

function has({ snapshots }: TestDatabase, token: number): Promise<boolean> {
  return snapshots.read(({ leases }) => leases.hasToken("work", token));
}

/** Makes all leases older by so many ms. */
function age({ tamper }: TestDatabase, milliseconds: number): Promise<void> {
  return tamper((session) => {
    const older = session.db.updateTable("leases").set((row) => ({ expires_at: row("expires_at", "-", milliseconds) }));
    return session.run("test.age-leases", older);
  });
}
