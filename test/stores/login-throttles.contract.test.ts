import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { noon } from "./owners.ts";

contract("loginThrottles", {
  "each subject has the throttle that was put last": async (database) => {
    assert.equal(await find(database, "a"), undefined);
    await put(database, "a", 1, noon);
    await put(database, "b", 7, noon);
    await put(database, "a", 2, noon + 1);
    assert.deepEqual(await find(database, "a"), { attempts: 2, leakedAt: noon + 1 });
    assert.deepEqual(await find(database, "b"), { attempts: 7, leakedAt: noon });
  },

  "a subject's throttle is removed": async (database) => {
    await put(database, "a");
    await put(database, "b");
    await database.unitOfWork.run("everything", async ({ loginThrottles }) => {
      await loginThrottles.remove("a");
      await loginThrottles.remove("unknown");
      assert.equal(await loginThrottles.findThrottle("a"), undefined);
    });
    assert.equal(await find(database, "a"), undefined);
    assert.deepEqual(await find(database, "b"), { attempts: 1, leakedAt: noon });
  },

  "subjects that have not tried since a time are forgotten": async (database) => {
    await put(database, "old", 9, noon - 1);
    await put(database, "at the time", 1, noon);
    await put(database, "new", 1, noon + 1);
    await database.unitOfWork.run("everything", ({ loginThrottles }) => loginThrottles.forgetBefore(noon));
    assert.equal(await find(database, "old"), undefined);
    assert.notEqual(await find(database, "at the time"), undefined);
    assert.notEqual(await find(database, "new"), undefined);
  },

  "a unit that fails counts and forgives nothing": async (database) => {
    const { unitOfWork } = database;
    await put(database, "a");
    const more = { attempts: 2, leakedAt: noon + 1 };
    await runAndFail(unitOfWork, ({ loginThrottles }) => loginThrottles.put("a", more));
    await runAndFail(unitOfWork, ({ loginThrottles }) => loginThrottles.put("b", more));
    await runAndFail(unitOfWork, ({ loginThrottles }) => loginThrottles.remove("a"));
    await runAndFail(unitOfWork, ({ loginThrottles }) => loginThrottles.forgetBefore(noon + 1));
    assert.deepEqual(await find(database, "a"), { attempts: 1, leakedAt: noon });
    assert.equal(await find(database, "b"), undefined);
  },

  "subjects may be any text": async (database) => {
    for (const [index, text] of oddTexts.entries()) await put(database, text, index);
    for (const [index, text] of oddTexts.entries()) assert.equal((await find(database, text))?.attempts, index);
  },
});

function put({ unitOfWork }: TestDatabase, subject: string, attempts = 1, leakedAt = noon): Promise<void> {
  return unitOfWork.run("everything", ({ loginThrottles }) => loginThrottles.put(subject, { attempts, leakedAt }));
}

function find({ snapshots }: TestDatabase, subject: string) {
  return snapshots.read(({ loginThrottles }) => loginThrottles.findThrottle(subject));
}
