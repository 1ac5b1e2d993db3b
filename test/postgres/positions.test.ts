import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { column, countingTimer, emptyDatabase, openNotes, rawConnection } from "./note-databases.ts";

const range = (count: number) => [...Array(count).keys()];
const announcedText = "SELECT position::int FROM account_data ORDER BY position";

test("stream rows of many units in one transaction have positions one after another, in order of the sender's rows", async (t) => {
  const { timer, countOf } = countingTimer();
  const url = await emptyDatabase(t);
  const { unitOfWork, snapshots } = await openNotes(t, url, { timer });
  const before = await snapshots.read(({ stream }) => stream.findPosition());
  await Promise.all(
    range(100).map((index) =>
      unitOfWork.run({ exclusive: [`${index}`] }, async ({ notes }) => {
        for (const row of range(index % 4)) await notes.announce(`${index} ${row}`);
      }),
    ),
  );
  assert.equal(countOf("unit.begin"), 1);
  assert.equal(countOf("stream.reserve"), 1);
  const announced = await snapshots.read(({ notes }) => notes.listAnnounced());
  assert.deepEqual(
    announced.map(({ position }) => position),
    range(150).map((index) => before + 1 + index),
  );
  assert.equal(await snapshots.read(({ stream }) => stream.findPosition()), before + 150);
  const bySender = Map.groupBy(announced, ({ type }) => type.split(" ")[0]);
  for (const [sender, rows] of bySender) {
    assert.deepEqual(
      rows.map(({ type }) => type),
      range(rows.length).map((row) => `${sender} ${row}`),
    );
  }
});

test("positions of a unit that failed are not used up, or at least never seen", async (t) => {
  const { unitOfWork, snapshots } = await openNotes(t, await emptyDatabase(t));
  await Promise.allSettled(
    range(20).map((index) =>
      unitOfWork.run({}, async ({ notes }) => {
        await notes.announce(`row ${index}`);
        await notes.put(index % 5 === 0 ? "the same" : `note ${index}`);
      }),
    ),
  );
  const announced = await snapshots.read(({ notes }) => notes.listAnnounced());
  assert.equal(announced.length, 17);
  const position = await snapshots.read(({ stream }) => stream.findPosition());
  assert.equal(announced.at(-1)?.position, position);
});

/** Asks again and again until `done`; what is seen must only ever grow at its end. */
async function watchGrowing(look: () => Promise<number[]>, done: () => boolean): Promise<number> {
  let seen: number[] = [];
  let looks = 0;
  for (;;) {
    const wasDone = done();
    const now = await look();
    assert.deepEqual(now.slice(0, seen.length), seen, "nothing appears below what was seen");
    seen = now;
    looks++;
    if (wasDone) return looks;
    await turn();
  }
}

test("decision 0002: a reader never sees a position appear below one that it has seen, with 4 processes writing", async (t) => {
  const url = await emptyDatabase(t);
  const writers = [await openNotes(t, url), await openNotes(t, url), await openNotes(t, url), await openNotes(t, url)];
  const reader = await openNotes(t, url);
  const raw = await rawConnection(t, url);
  let left = writers.length;
  const write = async (database: (typeof writers)[number], writer: number) => {
    for (const round of range(40)) {
      const units = range(1 + ((round * 7 + writer) % 5)).map((index) =>
        database.unitOfWork.run({ exclusive: [`${writer} ${index}`] }, async ({ notes }) => {
          if (index % 2 === 1) await notes.put(`${writer} ${round} ${index}`);
          await notes.announce(`${writer} ${round} ${index}`);
          // Neighbours that fail make the others run again.
          if (index === 3 && round % 10 === 0) throw new Error("wrote, and failed");
        }),
      );
      await Promise.allSettled(units);
    }
    left--;
  };
  const done = () => left === 0;
  const bySnapshot = async () => {
    const { announced, position } = await reader.snapshots.read(async ({ notes, stream }) => {
      const position = await stream.findPosition();
      return { position, announced: await notes.listAnnounced() };
    });
    assert.ok(
      announced.every((row) => row.position <= position),
      "a snapshot holds no position beyond its own",
    );
    return announced.map((row) => row.position);
  };
  const byStatement = async () => (await column(raw, announcedText)) as number[];
  const [inSnapshots, inStatements] = await Promise.all([
    watchGrowing(bySnapshot, done),
    watchGrowing(byStatement, done),
    ...writers.map(write),
  ]);
  t.diagnostic(`${inSnapshots} snapshots, ${inStatements} statements`);
  assert.equal((await byStatement()).length, new Set(await byStatement()).size);
});

test("decision 0002: what a sync's snapshot holds up to its position is all that there will ever be up to it", async (t) => {
  const url = await emptyDatabase(t);
  const writers = [await openNotes(t, url), await openNotes(t, url)];
  const reader = await openNotes(t, url);
  let left = 2;
  const write = async (database: (typeof writers)[number], writer: number) => {
    for (const round of range(60)) {
      await Promise.all(
        range(8).map((index) =>
          database.unitOfWork.run({}, ({ notes }) => notes.announce(`${writer} ${round} ${index}`)),
        ),
      );
    }
    left--;
  };
  const told = new Map<number, number>();
  const read = async () => {
    while (left > 0) {
      const [position, announced] = await reader.snapshots.read(async ({ notes, stream }) => [
        await stream.findPosition(),
        await notes.listAnnounced(),
      ]);
      told.set(position, announced.length);
      await turn();
    }
  };
  await Promise.all([...writers.map(write), read(), read(), read()]);
  const all = await reader.snapshots.read(({ notes }) => notes.listAnnounced());
  assert.equal(all.length, 960);
  for (const [position, count] of told) {
    assert.equal(all.filter((row) => row.position <= position).length, count, `up to ${position}`);
  }
});
