import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { bareUnits } from "./bare-units.ts";
import { openNotes, temporaryFolder } from "./open-notes.ts";

const alice = "@alice:example.org" as UserId;
const bob = "@bob:example.org" as UserId;

test("E4: units that wait together share one commit and run in order", async (t) => {
  const { unitOfWork, notes, commitNumber, raw } = bareUnits(temporaryFolder(t));
  const order: number[] = [];
  const before = commitNumber();
  const units = Array.from({ length: 100 }, (_, index) =>
    unitOfWork.run("everything", async (stores) => {
      order.push(index);
      await stores.notes.put(`note ${String(index).padStart(3, "0")}`);
      order.push(index);
      return index;
    }),
  );
  assert.deepEqual(await Promise.all(units), [...units.keys()]);
  assert.equal(commitNumber(), before + 1);
  assert.deepEqual(
    order,
    [...units.keys()].flatMap((index) => [index, index]),
  );
  assert.equal(notes().length, 100);
  raw.close();
});

test("a group that has held the event loop for long commits, and what waits is for the next", async (t) => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const { unitOfWork, notes, commitNumber, raw } = bareUnits(temporaryFolder(t), {}, clock);
  const before = commitNumber();
  const slow = (note: string) =>
    unitOfWork.run("everything", async (stores) => {
      await stores.notes.put(note);
      now += 6;
    });
  await Promise.all(["a", "b", "c", "d", "e"].map(slow));
  assert.equal(commitNumber(), before + 3, "two units of 6 ms fill 10 ms");
  assert.deepEqual(notes(), ["a", "b", "c", "d", "e"]);
  raw.close();
});

test("E4: a unit that throws leaves nothing and does not disturb its group", async (t) => {
  const { unitOfWork, notes, woken, commitNumber } = bareUnits(temporaryFolder(t));
  const [first, failing, throwing, last] = await Promise.allSettled([
    unitOfWork.run("everything", ({ notes }) => notes.put("first")),
    unitOfWork.run("everything", async ({ notes }, commit) => {
      await notes.put("failed");
      await notes.announce("failed");
      commit.wake(bob);
      throw new Error("no");
    }),
    unitOfWork.run("everything", () => {
      throw new Error("at once");
    }),
    unitOfWork.run("everything", async ({ notes }, commit) => {
      commit.wake(alice);
      await notes.put("last");
    }),
  ]);
  assert.deepEqual([first.status, last.status], ["fulfilled", "fulfilled"]);
  assert.match(String(failing.status === "rejected" && failing.reason), /no/);
  assert.match(String(throwing.status === "rejected" && throwing.reason), /at once/);
  assert.deepEqual(notes(), ["first", "last"]);
  assert.deepEqual(woken, [alice]);
  assert.equal(commitNumber(), 1);
});

test("E4: what a failed unit's other store calls still write goes with the unit", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t));
  const later = async (ticks: number, work: () => Promise<void>) => {
    for (let tick = 0; tick < ticks; tick++) await undefined;
    await work();
  };
  for (let ticks = 0; ticks < 40; ticks++) {
    const failing = unitOfWork.run("everything", ({ notes }) =>
      Promise.all([Promise.reject(new Error("no")), later(ticks, () => notes.put(`late ${ticks}`))]),
    );
    const next = Array.from({ length: 3 }, (_, index) =>
      unitOfWork.run("everything", ({ notes }) => notes.put(`next ${ticks}.${index}`)),
    );
    await assert.rejects(failing, /no/);
    await Promise.all(next);
  }
  assert.equal(notes().length, 120);
});

test("positions rise in the order of the commits, without gaps from failed units", async (t) => {
  const database = await openNotes(temporaryFolder(t));
  for (const round of ["a", "b", "c"]) {
    await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        database.unitOfWork.run("everything", async ({ notes }) => {
          await notes.announce(`${round}${String(index).padStart(2, "0")}`);
          if (index % 3 === 0) throw new Error("no");
          await notes.announce(`${round}${String(index).padStart(2, "0")}+`);
        }),
      ),
    );
  }
  const announced = await database.snapshots.read(({ notes }) => notes.listAnnounced());
  assert.deepEqual(
    announced.map(({ position }) => position),
    announced.map((_, index) => index + 1),
  );
  const names = announced.map(({ type }) => type);
  assert.deepEqual(names, names.toSorted());
  assert.equal(await database.snapshots.read(({ stream }) => stream.findPosition()), announced.length);
  await database.close();
});

test("E5: units after a new epoch take positions in it, in the same group too", async (t) => {
  const database = await openNotes(temporaryFolder(t));
  await Promise.all([
    database.unitOfWork.run("everything", ({ notes }) => notes.announce("before")),
    database.unitOfWork.run("everything", async ({ notes, stream }) => {
      await stream.beginEpoch();
      await notes.announce("same unit");
    }),
    database.unitOfWork.run("everything", ({ notes }) => notes.announce("same group")),
  ]);
  const announced = await database.snapshots.read(({ notes }) => notes.listAnnounced());
  assert.deepEqual(
    announced.map(({ position }) => position),
    [1, 2 ** 40 + 1, 2 ** 40 + 2],
  );
  await database.close();
});

test("waiting syncs are woken after the commit, once per user", async (t) => {
  const folder = temporaryFolder(t);
  const seen: unknown[] = [];
  const reading = bareUnits(folder);
  const writing = bareUnits(folder, { wake: (userIds) => seen.push([...userIds], reading.notes()) });
  await Promise.all([
    writing.unitOfWork.run("everything", async ({ notes }, commit) => {
      commit.wake(alice, bob);
      await notes.put("one");
    }),
    writing.unitOfWork.run("everything", async (_, commit) => commit.wake(alice)),
  ]);
  assert.deepEqual(seen, [[alice, bob], ["one"]]);
});

test("a unit whose result cannot be woken about is stored and answered all the same", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t), {
    wake: () => {
      throw new Error("broken notifier");
    },
  });
  await unitOfWork.run("everything", async ({ notes }, commit) => {
    await notes.put("stored");
    commit.wake(alice);
  });
  assert.deepEqual(notes(), ["stored"]);
});

test("units that change nothing cost no commit", async (t) => {
  const { unitOfWork, commitNumber } = bareUnits(temporaryFolder(t));
  await Promise.allSettled([
    unitOfWork.run("everything", ({ notes }) => notes.listNotes()),
    unitOfWork.run("everything", async () => Promise.reject(new Error("refused"))),
  ]);
  assert.equal(commitNumber(), 0);
});

test("the event loop gets its turns between groups", async (t) => {
  const { unitOfWork, commitNumber } = bareUnits(temporaryFolder(t));
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(
    Array.from({ length: 2000 }, (_, index) => unitOfWork.run("everything", ({ notes }) => notes.put(`${index}`))),
  );
  counting = false;
  assert.equal(commitNumber(), Math.ceil(2000 / 256));
  assert.ok(turns >= commitNumber(), `${turns} turns`);
});

test("closing answers the units that wait and refuses later ones", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t));
  const waiting = Array.from({ length: 300 }, (_, index) =>
    unitOfWork.run("everything", ({ notes }) => notes.put(`${index}`)),
  );
  await unitOfWork.close();
  await Promise.all(waiting);
  assert.equal(notes().length, 300);
  await assert.rejects(
    unitOfWork.run("everything", ({ notes }) => notes.put("late")),
    { name: "StorageUnavailableError" },
  );
});
