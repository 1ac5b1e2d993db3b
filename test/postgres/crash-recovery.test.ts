import assert from "node:assert/strict";
import { test } from "node:test";
import { times } from "../races/effort.ts";
import { KilledWriter } from "./killed-notes.ts";
import { column, openNotes, rawConnection, temporaryFolder } from "./note-databases.ts";
import { ownCluster } from "./own-cluster.ts";

test("E4, E5: processes killed and a database crashed at the same time, again and again, lose nothing and are not taken for a restore", async (t) => {
  const { cluster, url } = await ownCluster(t);
  const folders = [temporaryFolder(t), temporaryFolder(t)];
  let stored = 0;
  for (let round = 0; round < 5 * times; round++) {
    const writers = folders.map((dataDir) => new KilledWriter(t, { url, dataDir, round }));
    for (const writer of writers) assert.equal(await writer.opened(), "opened undefined", `round ${round}`);
    await Promise.all(writers.map((writer, index) => writer.untilStored(3 + ((round * 7 + index) % 20))));
    // The processes die after the database, before it, or alone.
    if (round % 3 === 0) await cluster.stop("immediate");
    for (const writer of writers) stored += await writer.kill();
    if (round % 3 === 1) await cluster.stop("immediate");
    if (round % 3 !== 2) await cluster.start();
  }
  const [notes] = await column(await rawConnection(t, url), "SELECT count(*)::int FROM filters");
  assert.ok(Number(notes) >= stored, `${stored} answered, ${notes} stored`);
  for (const dataDir of folders) {
    const database = await openNotes(t, url, { dataDir });
    assert.equal(database.restoreSuspected, undefined);
    await database.close();
  }
});

test("E5: a process that lives through crashes of the database under load does not take them for a restore", async (t) => {
  const { cluster, url } = await ownCluster(t);
  const noticed: string[] = [];
  const onRestore = async (reason: string) => void noticed.push(reason);
  const databases = [await openNotes(t, url, { onRestore }), await openNotes(t, url, { onRestore })];
  let answered = 0;
  let stopped = false;
  const write = async (database: (typeof databases)[number], writer: number) => {
    for (let note = 0; !stopped; note++) {
      await database.unitOfWork
        .run({}, ({ notes }) => notes.put(`${writer} ${note}`))
        .then(
          () => answered++,
          () => undefined,
        );
      await database.snapshots.read(({ stream }) => stream.findPosition()).catch(() => undefined);
    }
  };
  const writing = Promise.all([0, 1, 2, 3, 4, 5].map((writer) => write(databases[writer % 2]!, writer)));
  for (let round = 0; round < 5 * times; round++) {
    const goal = answered + 15;
    while (answered < goal) await new Promise((resolve) => setTimeout(resolve, 5));
    await cluster.stop("immediate");
    await cluster.start();
  }
  stopped = true;
  await writing;
  assert.deepEqual(noticed, []);
  const [notes] = await column(await rawConnection(t, url), "SELECT count(*)::int FROM filters");
  assert.ok(Number(notes) >= answered, `${answered} answered, ${notes} stored`);
});
