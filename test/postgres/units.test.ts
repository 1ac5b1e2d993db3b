import assert from "node:assert/strict";
import { test } from "node:test";
import type { WakeName } from "../../src/domain/kernel/unit-of-work.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { column, countingTimer, emptyDatabase, openNotes, rawConnection, untilWaiting } from "./note-databases.ts";

const alice = "@alice:example.org" as UserId;
const bob = "@bob:example.org" as UserId;
const range = (count: number) => [...Array(count).keys()];

const killWaitingText =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
const notesText = "SELECT filter_id FROM filters ORDER BY filter_id";

test("E4: units that wait together and whose names do not meet share one transaction, and each has its own answer", async (t) => {
  const { timer, countOf } = countingTimer();
  const { unitOfWork, snapshots } = await openNotes(t, await emptyDatabase(t), { timer });
  const units = range(200).map((index) =>
    unitOfWork.run({ exclusive: [`name ${index}`], shared: ["all"] }, async ({ notes }) => {
      await notes.put(`note ${String(index).padStart(3, "0")}`);
      return index;
    }),
  );
  assert.deepEqual(await Promise.all(units), range(200));
  assert.equal(countOf("unit.begin"), 1);
  assert.equal(countOf("unit.commit"), 1);
  assert.equal((await snapshots.read(({ notes }) => notes.listNotes())).length, 200);
});

test("units with the same exclusive name never run side by side, in one process and in two", async (t) => {
  const url = await emptyDatabase(t);
  const databases = [await openNotes(t, url), await openNotes(t, url)];
  // Each unit counts the notes and puts one more under that number: two side by side would put the same.
  const units = range(120).map((index) =>
    databases[index % 2]?.unitOfWork.run({ exclusive: ["counter"], shared: [`of ${index % 7}`] }, async ({ notes }) => {
      const { length } = await notes.listNotes();
      await notes.put(`note ${String(length).padStart(3, "0")}`);
    }),
  );
  await Promise.all(units);
  const expected = range(120).map((index) => `note ${String(index).padStart(3, "0")}`);
  assert.deepEqual(await databases[0]?.snapshots.read(({ notes }) => notes.listNotes()), expected);
});

test('a shared name keeps an exclusive one out, in another process too, and "everything" keeps out all that name anything', async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openNotes(t, url), await openNotes(t, url)];
  const countAndPut = (database: typeof one, scope: Parameters<typeof one.unitOfWork.run>[0], times: number) =>
    database.unitOfWork.run(scope, async ({ notes }) => {
      const { length } = await notes.listNotes();
      for (const index of range(times)) await notes.put(`note ${length + index} of ${length}`);
      assert.equal((await notes.listNotes()).length, length + times);
    });
  // Whoever holds a name exclusively sees the notes of nobody else appear meanwhile; those who share it add none.
  const running = range(60).map((index) => {
    const database = index % 2 === 0 ? one : other;
    if (index % 5 === 0) return countAndPut(database, "everything", 2);
    if (index % 5 === 1) return countAndPut(database, { exclusive: ["house"] }, 2);
    return database.unitOfWork.run({ shared: ["house"] }, async ({ notes }) => {
      const before = await notes.listNotes();
      assert.deepEqual(await notes.listNotes(), before);
    });
  });
  await Promise.all(running);
});

test("a name that another process holds is waited for, and other names are not", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openNotes(t, url), await openNotes(t, url)];
  const raw = await rawConnection(t, url);
  // A row lock of ours keeps the first unit inside its transaction, with its name.
  await raw.query("BEGIN; INSERT INTO filters VALUES ('@notes:example.org', 'held', '')");
  const holding = one.unitOfWork.run({ exclusive: ["house"] }, ({ notes }) => notes.put("held"));
  await untilWaiting(raw, 1);
  const waiting = other.unitOfWork.run({ shared: ["house"] }, ({ notes }) => notes.listNotes());
  await untilWaiting(raw, 2);
  await other.unitOfWork.run({ exclusive: ["garden"] }, ({ notes }) => notes.put("garden"));
  await raw.query("ROLLBACK");
  await holding;
  assert.deepEqual(await waiting, ["garden", "held"]);
});

test("a unit that throws before it wrote leaves the others in its transaction alone", async (t) => {
  const { timer, countOf } = countingTimer();
  const { unitOfWork, snapshots } = await openNotes(t, await emptyDatabase(t), { timer });
  const runs = range(20).map(() => 0);
  const outcomes = await Promise.allSettled(
    range(20).map((index) =>
      unitOfWork.run({ exclusive: [`${index}`] }, async ({ notes }) => {
        runs[index]! += 1;
        await notes.listNotes();
        if (index % 4 === 0) throw new Error(`its own error ${index}`);
        await notes.put(`note ${index}`);
      }),
    ),
  );
  for (const [index, outcome] of outcomes.entries()) {
    assert.equal(outcome.status, index % 4 === 0 ? "rejected" : "fulfilled");
    if (outcome.status === "rejected") assert.equal(outcome.reason.message, `its own error ${index}`);
  }
  assert.deepEqual(
    runs,
    range(20).map(() => 1),
  );
  assert.equal(countOf("unit.begin"), 1);
  assert.equal((await snapshots.read(({ notes }) => notes.listNotes())).length, 15);
});

test("a unit that throws after it wrote takes nothing of the others with it: they are stored exactly once", async (t) => {
  const woken: WakeName[] = [];
  const wake = (users: Iterable<WakeName>) => void woken.push(...users);
  const { unitOfWork, snapshots } = await openNotes(t, await emptyDatabase(t), { wake });
  const runs = range(20).map(() => 0);
  const outcomes = await Promise.allSettled(
    range(20).map((index) =>
      unitOfWork.run({ exclusive: [`${index}`] }, async ({ notes }, commit) => {
        runs[index]! += 1;
        commit.wake(index === 7 ? bob : alice);
        await notes.put(`note ${String(index).padStart(2, "0")}`);
        await notes.announce(`announced ${index}`);
        if (index === 7) throw new Error("after its note");
      }),
    ),
  );
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === "rejected" ? [index] : []));
  assert.deepEqual(failed, [7]);
  assert.equal(runs[7], 1, "the one that threw has had its answer");
  const expected = range(20).filter((index) => index !== 7);
  assert.deepEqual(
    await snapshots.read(({ notes }) => notes.listNotes()),
    expected.map((index) => `note ${String(index).padStart(2, "0")}`),
  );
  const announced = await snapshots.read(({ notes }) => notes.listAnnounced());
  assert.deepEqual(new Set(announced.map(({ type }) => type)), new Set(expected.map((index) => `announced ${index}`)));
  assert.equal(announced.length, 19);
  assert.ok(!woken.includes(bob));
  assert.ok(woken.includes(alice));
});

test("a unit whose statement is refused fails alone, and the rest of its group is stored exactly once", async (t) => {
  const { unitOfWork, snapshots } = await openNotes(t, await emptyDatabase(t));
  await unitOfWork.run("everything", ({ notes }) => notes.put("taken"));
  const outcomes = await Promise.allSettled(
    range(30).map((index) =>
      unitOfWork.run({ exclusive: [`${index}`] }, async ({ notes }) => {
        await notes.put(index === 13 || index === 14 ? "taken" : `note ${index}`);
        await notes.announce(`announced ${index}`);
      }),
    ),
  );
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === "rejected" ? [index] : []));
  assert.deepEqual(failed, [13, 14]);
  for (const index of failed) {
    const { reason } = outcomes[index] as PromiseRejectedResult;
    assert.equal(reason.code, "23505", "what the database said, not that it is unavailable");
  }
  assert.equal((await snapshots.read(({ notes }) => notes.listNotes())).length, 29);
  assert.equal((await snapshots.read(({ notes }) => notes.listAnnounced())).length, 28);
});

test("E4: a unit that swallows the error of a refused statement is told of it, and its neighbours are stored", async (t) => {
  const { unitOfWork, snapshots } = await openNotes(t, await emptyDatabase(t));
  await unitOfWork.run("everything", ({ notes }) => notes.put("taken"));
  let runs = 0;
  const outcomes = await Promise.allSettled([
    unitOfWork.run({ exclusive: ["one"] }, ({ notes }) => notes.put("neighbour")),
    unitOfWork.run({ exclusive: ["two"] }, async ({ notes }) => {
      runs++;
      await notes.put("first");
      await notes.put("taken").catch(() => undefined);
      await notes.put("last").catch(() => undefined);
    }),
  ]);
  assert.equal(outcomes[0].status, "fulfilled");
  assert.equal((outcomes[1] as PromiseRejectedResult).reason.code, "23505");
  assert.equal(runs, 2, "with its neighbour, and alone");
  assert.deepEqual(await snapshots.read(({ notes }) => notes.listNotes()), ["neighbour", "taken"]);
});

test("E4: a transaction that loses its connection is run again, and nothing of it is stored twice", async (t) => {
  const url = await emptyDatabase(t);
  const { unitOfWork, snapshots } = await openNotes(t, url);
  const raw = await rawConnection(t, url);
  let runs = 0;
  await raw.query("BEGIN; INSERT INTO filters VALUES ('@notes:example.org', 'held', '')");
  const units = range(10).map((index) =>
    unitOfWork.run({ exclusive: [`${index}`] }, async ({ notes }) => {
      runs++;
      await notes.put(index === 9 ? "held" : `note ${index}`);
    }),
  );
  await untilWaiting(raw, 1);
  await raw.query(killWaitingText);
  await raw.query("ROLLBACK");
  await Promise.all(units);
  assert.equal(runs, 20);
  assert.equal((await snapshots.read(({ notes }) => notes.listNotes())).length, 10);
});

test("a unit that names more than 256 things is kept apart from all that name anything", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openNotes(t, url), await openNotes(t, url)];
  const many = range(1000).map((index) => `name ${index}`);
  const units = range(40).map((index) => {
    const scope = index % 4 === 0 ? { exclusive: many } : { exclusive: [`name ${index % 3}`, "counter"] };
    return (index % 2 === 0 ? one : other).unitOfWork.run(scope, async ({ notes }) => {
      const { length } = await notes.listNotes();
      await notes.put(`note ${length}`);
    });
  });
  await Promise.all(units);
  assert.equal((await one.snapshots.read(({ notes }) => notes.listNotes())).length, 40);
});

test("of more units at once than may wait, those beyond the bound are told so at once, and the rest are stored", async (t) => {
  const url = await emptyDatabase(t);
  const { unitOfWork } = await openNotes(t, url);
  const asked = range(20_100).map((index) =>
    unitOfWork.run({}, async ({ notes }) => (index % 100 === 0 ? notes.put(`note ${index}`) : undefined)),
  );
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.flatMap((outcome, index) => (outcome.status === "rejected" ? [index] : []));
  assert.ok(refused.length >= 1 && refused.length <= 100, `${refused.length} refused`);
  assert.ok(Math.min(...refused) >= 20_000);
  const { reason } = outcomes[refused[0] ?? -1] as PromiseRejectedResult;
  assert.equal(reason.name, "StorageUnavailableError");
  assert.equal((await column(await rawConnection(t, url), notesText)).length, 200 + (refused.includes(20_000) ? 0 : 1));
});

test("E4: a closed database answers what waits, and refuses what comes after", async (t) => {
  const database = await openNotes(t, await emptyDatabase(t));
  const units = range(50).map((index) => database.unitOfWork.run({}, ({ notes }) => notes.put(`note ${index}`)));
  await Promise.all([...units, database.close()]);
  const late = { name: "StorageUnavailableError" };
  await assert.rejects(
    database.unitOfWork.run({}, async () => undefined),
    late,
  );
  await assert.rejects(
    database.snapshots.read(async () => undefined),
    late,
  );
});

test("E4: a unit whose transaction is lost while its database closes is run again, and stored", async (t) => {
  const url = await emptyDatabase(t);
  const database = await openNotes(t, url);
  const raw = await rawConnection(t, url);
  await raw.query("BEGIN; INSERT INTO filters VALUES ('@notes:example.org', 'held', '')");
  const unit = database.unitOfWork.run({}, ({ notes }) => notes.put("held"));
  await untilWaiting(raw, 1);
  const closing = database.close();
  await raw.query(killWaitingText);
  await raw.query("ROLLBACK");
  await Promise.all([unit, closing]);
  assert.deepEqual(await column(raw, notesText), ["held"]);
});
