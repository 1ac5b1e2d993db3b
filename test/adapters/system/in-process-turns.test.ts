import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { InProcessTurns } from "../../../src/adapters/system/in-process-turns.ts";
import { turnsAtOnce } from "../../../src/adapters/system/turns-at-once.ts";
import { StorageUnavailableError } from "../../../src/domain/kernel/storage-unavailable-error.ts";

/** Tasks that end when they are told to, and are noted as they begin. */
class Stage {
  readonly groups: number[][] = [];
  readonly #ends: (() => void)[] = [];

  readonly together = async (tasks: readonly number[]): Promise<string[]> => {
    this.groups.push([...tasks]);
    await new Promise<void>((resolve) => this.#ends.push(resolve));
    return tasks.map((task) => `outcome of ${task}`);
  };

  async end(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise(setImmediate);
  }
}

test("a task runs at once, and those that come meanwhile go together after it, in their order", async () => {
  const turns = new InProcessTurns();
  const stage = new Stage();
  const taken = [1, 2, 3, 4].map((task) => turns.take("room", task, stage.together));
  assert.deepEqual(stage.groups, [[1]]);
  await stage.end();
  assert.equal(await taken[0], "outcome of 1");
  assert.deepEqual(stage.groups, [[1], [2, 3, 4]]);
  const late = turns.take("room", 5, stage.together);
  await stage.end();
  assert.deepEqual(await Promise.all(taken.slice(1)), ["outcome of 2", "outcome of 3", "outcome of 4"]);
  await stage.end();
  assert.equal(await late, "outcome of 5");
  // Nobody is there any more: the next one does not wait.
  const next = turns.take("room", 6, stage.together);
  assert.deepEqual(stage.groups, [[1], [2, 3, 4], [5], [6]]);
  await stage.end();
  assert.equal(await next, "outcome of 6");
});

test("tasks of another name do not wait", async () => {
  const turns = new InProcessTurns();
  const stage = new Stage();
  const taken = [turns.take("one", 1, stage.together), turns.take("other", 2, stage.together)];
  assert.deepEqual(stage.groups, [[1], [2]]);
  await stage.end();
  await stage.end();
  await Promise.all(taken);
});

test("at most 32 go together", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turns = new InProcessTurns();
  const stage = new Stage();
  const taken = Array.from({ length: 71 }, (_, task) => turns.take("room", task, stage.together));
  for (let group = 0; group < 3; group++) await stage.end();
  t.mock.timers.tick(3);
  await new Promise(setImmediate);
  await stage.end();
  await Promise.all(taken);
  assert.deepEqual(
    stage.groups.map(({ length }) => length),
    [1, 32, 32, 6],
  );
  assert.deepEqual(
    stage.groups.flat(),
    Array.from({ length: 71 }, (_, task) => task),
  );
});

/** A stage on which six have just gone together, and a line in which nobody waits. */
async function afterCrowd(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turns = new InProcessTurns();
  const stage = new Stage();
  const taken = [0, 1, 2, 3, 4, 5, 6].map((task) => turns.take("room", task, stage.together));
  await stage.end();
  await stage.end();
  await Promise.all(taken);
  assert.deepEqual(stage.groups.splice(0), [[0], [1, 2, 3, 4, 5, 6]]);
  const come = (...tasks: readonly number[]) => tasks.map((task) => turns.take("room", task, stage.together));
  return { stage, come };
}

test("when six have gone together the next ones gather until they are as many", async (t) => {
  const { stage, come } = await afterCrowd(t);
  const taken = come(1, 2, 3, 4, 5);
  await new Promise(setImmediate);
  assert.deepEqual(stage.groups, []);
  taken.push(...come(6, 7));
  await new Promise(setImmediate);
  assert.deepEqual(stage.groups, [[1, 2, 3, 4, 5, 6, 7]]);
  await stage.end();
  await Promise.all(taken);
});

test("when fewer come they go after 3 ms, and then others at once", async (t) => {
  const { stage, come } = await afterCrowd(t);
  const taken = come(1, 2);
  t.mock.timers.tick(3);
  await new Promise(setImmediate);
  assert.deepEqual(stage.groups, [[1, 2]]);
  await stage.end();
  taken.push(...come(3));
  assert.deepEqual(stage.groups, [[1, 2], [3]]);
  await stage.end();
  await Promise.all(taken);
});

test("when nobody comes the name is forgotten after 3 ms: the next one goes at once", async (t) => {
  const { stage, come } = await afterCrowd(t);
  t.mock.timers.tick(3);
  await new Promise(setImmediate);
  const [taken] = come(1);
  assert.deepEqual(stage.groups, [[1]]);
  await stage.end();
  await taken;
});

test("who fails together hears of it together, and the next ones have their turn", async () => {
  const turns = new InProcessTurns();
  const failure = new Error("nothing was done");
  const fail = () => Promise.reject(failure);
  const taken = await Promise.allSettled([1, 2, 3].map((task) => turns.take("room", task, fail)));
  for (const outcome of taken) assert.deepEqual(outcome, { status: "rejected", reason: failure });
  assert.equal(await turns.take("room", 4, async (tasks) => tasks.map(String)), "4");
});

test("more than 10,000 do not wait for one name", async () => {
  const turns = new InProcessTurns();
  const stage = new Stage();
  const first = turns.take("room", 0, stage.together);
  const waiting = Array.from({ length: 10_000 }, (_, task) => turns.take("room", task, async (tasks) => tasks));
  await assert.rejects(turns.take("room", 1, stage.together), StorageUnavailableError);
  await stage.end();
  await Promise.all([first, ...waiting]);
  assert.equal(await turns.take("room", 1, async (tasks) => tasks), 1);
});

test("nobody waits for longer than a client does", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turns = new InProcessTurns();
  const stage = new Stage();
  const first = turns.take("room", 1, stage.together);
  const impatient = assert.rejects(turns.take("room", 2, stage.together), StorageUnavailableError);
  t.mock.timers.tick(8000);
  await impatient;
  const patient = turns.take("room", 3, stage.together);
  await stage.end();
  await first;
  await stage.end();
  assert.equal(await patient, "outcome of 3");
  assert.deepEqual(stage.groups, [[1], [3]]);
});

test("where others see to turns each goes at once, alone", async () => {
  const stage = new Stage();
  const taken = [1, 2].map((task) => turnsAtOnce.take("room", task, stage.together));
  assert.deepEqual(stage.groups, [[1], [2]]);
  await stage.end();
  await stage.end();
  assert.deepEqual(await Promise.all(taken), ["outcome of 1", "outcome of 2"]);
});
