import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, bobsPhone, deviceOf, laptop, noon, phone, userNamed } from "./owners.ts";

const full = { remaining: 20, refilledAt: noon };

contract("claimBudgets", {
  "C7: a budget is what was put last": async (database) => {
    assert.equal(await find(database), undefined);
    for (const budget of [full, { remaining: 19, refilledAt: noon }, { remaining: 0, refilledAt: noon + 1 }]) {
      await database.unitOfWork.run("everything", ({ claimBudgets }) => claimBudgets.putBudget(phone, bob, budget));
      assert.deepEqual(await find(database), budget);
    }
  },

  "C7: each device has a budget for each claimer": async (database) => {
    await database.unitOfWork.run("everything", async ({ claimBudgets }) => {
      await claimBudgets.putBudget(phone, bob, { remaining: 1, refilledAt: noon });
      await claimBudgets.putBudget(phone, "example.org", { remaining: 2, refilledAt: noon });
      await claimBudgets.putBudget(phone, "*", { remaining: 3, refilledAt: noon });
      await claimBudgets.putBudget(laptop, bob, { remaining: 4, refilledAt: noon });
      await claimBudgets.putBudget(bobsPhone, bob, { remaining: 5, refilledAt: noon });
      assert.deepEqual(await claimBudgets.findBudget(phone, "*"), { remaining: 3, refilledAt: noon });
    });
    assert.equal((await find(database, phone, bob))?.remaining, 1);
    assert.equal((await find(database, phone, "example.org"))?.remaining, 2);
    assert.equal((await find(database, laptop, bob))?.remaining, 4);
    assert.equal((await find(database, bobsPhone, bob))?.remaining, 5);
    assert.equal(await find(database, laptop, "*"), undefined);
  },

  "C7: budgets that nobody has touched since a time are forgotten": async (database) => {
    await database.unitOfWork.run("everything", async ({ claimBudgets }) => {
      await claimBudgets.putBudget(phone, bob, { remaining: 1, refilledAt: noon - 1 });
      await claimBudgets.putBudget(laptop, bob, { remaining: 1, refilledAt: noon });
      await claimBudgets.forgetBefore(noon);
    });
    assert.equal(await find(database, phone, bob), undefined);
    assert.deepEqual(await find(database, laptop, bob), { remaining: 1, refilledAt: noon });
  },

  "S4: a device's budgets are removed; other devices keep theirs": async (database) => {
    await database.unitOfWork.run("everything", async ({ claimBudgets }) => {
      for (const owner of [phone, laptop, bobsPhone]) await claimBudgets.putBudget(owner, bob, full);
      await claimBudgets.putBudget(phone, "*", full);
      await claimBudgets.removeAll(phone);
    });
    assert.equal(await find(database), undefined);
    assert.equal(await find(database, phone, "*"), undefined);
    for (const other of [laptop, bobsPhone]) assert.deepEqual(await find(database, other), full);
  },

  "a unit that fails spends nothing": async ({ unitOfWork, ...database }) => {
    await unitOfWork.run("everything", ({ claimBudgets }) => claimBudgets.putBudget(phone, bob, full));
    const spent = { remaining: 0, refilledAt: noon + 1 };
    await runAndFail(unitOfWork, ({ claimBudgets }) => claimBudgets.putBudget(phone, bob, spent));
    await runAndFail(unitOfWork, ({ claimBudgets }) => claimBudgets.putBudget(laptop, bob, spent));
    await runAndFail(unitOfWork, ({ claimBudgets }) => claimBudgets.removeAll(phone));
    assert.deepEqual(await find(database), full);
    assert.equal(await find(database, laptop), undefined);
  },

  "devices and claimers may be any text": async (database) => {
    const places = oddTexts.flatMap((text) => [
      { target: deviceOf(alice, text), claimer: "*" },
      { target: deviceOf(userNamed(text), "PHONE"), claimer: "*" },
      { target: phone, claimer: text },
    ]);
    await database.unitOfWork.run("everything", async ({ claimBudgets }) => {
      for (const [remaining, { target, claimer }] of places.entries()) {
        await claimBudgets.putBudget(target, claimer, { remaining, refilledAt: noon });
      }
    });
    for (const [index, { target, claimer }] of places.entries()) {
      assert.equal((await find(database, target, claimer))?.remaining, index);
    }
  },
});

function find({ snapshots }: Pick<TestDatabase, "snapshots">, target = phone, claimer: string = bob) {
  return snapshots.read(({ claimBudgets }) => claimBudgets.findBudget(target, claimer));
}
