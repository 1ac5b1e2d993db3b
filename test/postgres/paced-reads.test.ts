import assert from "node:assert/strict";
import { test } from "node:test";
import { HandClock } from "../domain/open-house.ts";
import { emptyDatabase, openNotes } from "./note-databases.ts";

/** Ms that a caller works on what it has read. */
const work = 2;

test("E2: those whose reads are through together go on some in each turn of the event loop, and all of them do", async (t) => {
  const clock = new HandClock();
  const { snapshots, unitOfWork } = await openNotes(t, await emptyDatabase(t), { clock });
  await unitOfWork.run({ exclusive: ["notes"] }, ({ notes }) => notes.put("a note"));
  let inTurn = 0;
  let most = 0;
  const read = async () => {
    assert.deepEqual(await snapshots.read(({ notes }) => notes.listNotes()), ["a note"]);
    clock.advance(work);
    inTurn++;
    most = Math.max(most, inTurn);
  };
  let left = 100;
  const reads = Promise.all(Array.from({ length: left }, () => read().finally(() => left--)));
  while (left > 0) {
    await new Promise(setImmediate);
    inTurn = 0;
  }
  await reads;
  assert.ok(most * work <= 6, `${most}`);
});
