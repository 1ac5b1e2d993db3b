import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { noticeText, parseNotice, type WakeNotice } from "../../src/adapters/sql/dialect/postgres/wake-notice.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { sharedCluster } from "../support/postgres/run-cluster.ts";
import { column, emptyDatabase, openNotes, rawConnection, until } from "./note-databases.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const alice = "@alice:example.org" as UserId;
const notice: WakeNotice = { processId: "other", numbers: "3-5,8", woken: [alice], committed: 8 };

test("a notice is read as it was written", () => {
  for (const woken of [[], [alice], "everybody"] as const) {
    const told = { ...notice, woken };
    assert.deepEqual(parseNotice(noticeText(told)), told);
  }
  assert.deepEqual(parseNotice(noticeText({ ...notice, numbers: "" })), { ...notice, numbers: "" });
});

test("a notice that is too long wakes everybody, and leaves out the numbers when that does not help", () => {
  const woken = Array.from({ length: 1000 }, (_, index) => `@user${index}:example.org` as UserId);
  assert.deepEqual(parseNotice(noticeText({ ...notice, woken })), { ...notice, woken: "everybody" });
  const numbers = Array.from({ length: 3000 }, (_, index) => index * 2 + 1).join();
  const told = parseNotice(noticeText({ ...notice, woken, numbers }));
  assert.deepEqual(told, { ...notice, woken: "everybody", numbers: "" });
});

const numbersOf = (numbers: unknown) => JSON.stringify(["other", numbers, [alice], 8]);

const unreadable: readonly string[] = [
  ...["", " ", "hello", "{", "null", "7", '"text"', "{}", "[]", '["other"]', '["other","3-5",["@alice:example.org"]]'],
  ...['[7,"3",[],8]', '["other","3",[7],8]', '["other","3",{},8]', '["other","3","nobody",8]'],
  ...['["other","3",[],"8"]', '["other","3",[],8.5]', '["other","3",[],null]', `["other","3",[],1e300]`],
  ...[3, null, "x", "3-", "-3", "5-3", "3,", ",", "0", "1.5", "1e3", "3--5"].map(numbersOf),
  ...["1-9007199254740991", "1-1000000000", "9007199254740992", "9".repeat(400)].map(numbersOf),
];

test("E2: what no process of ours has written is not read as a notice", () => {
  for (const payload of unreadable) assert.equal(parseNotice(payload), undefined, payload);
});

test("E2, S5: unreadable notices do no harm: nobody is woken by them, and the next one is heard", async (t) => {
  const url = await emptyDatabase(t);
  const woken: string[] = [];
  await openNotes(t, url, { wake: (users) => woken.push(...users) });
  const raw = await rawConnection(t, url);
  const tell = (payload: string) => raw.query("SELECT pg_notify('claviger_wake', $1)", [payload]);
  for (const payload of unreadable) await tell(payload);
  await tell(noticeText({ ...notice, numbers: "", committed: 0 }));
  await until(() => woken.length > 0);
  assert.deepEqual(woken, [alice]);
});

const listening = "application_name = 'claviger listening' AND datname = current_database()";
const terminateText = `SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE ${listening}`;
const countText = `SELECT count(*)::int FROM pg_stat_activity WHERE ${listening}`;

async function listeningThroughProxy(t: TestContext) {
  const url = await emptyDatabase(t);
  const proxy = await TcpProxy.start(t, (await sharedCluster()).port);
  const wakes = { all: 0 };
  const database = await openNotes(t, proxy.through(url), { wakeAll: () => wakes.all++ });
  const raw = await rawConnection(t, url);
  const terminate = async () => assert.deepEqual(await column(raw, terminateText), [1]);
  return { database, proxy, raw, wakes, terminate };
}

/** In the messages of a connection that listens: its first, its second, and the one that makes it listen. */
const steps = ["claviger listening", "synchronous_commit", "LISTEN"];

for (const fault of ["request lost", "answer lost", "silence"] as const) {
  test(`S5: a listening connection is made anew until it is, and then there is one (${fault})`, async (t) => {
    const attempt = async (step: string) => {
      const { proxy, raw, wakes, terminate } = await listeningThroughProxy(t);
      const struck = proxy.breakNext(fault, (message) => message.includes(step));
      await terminate();
      await struck;
      const before = wakes.all;
      await until(async () => wakes.all > before && (await column(raw, countText))[0] === 1);
      // A second one that is under way would be there soon.
      for (let round = 0; round < 50; round++) assert.deepEqual(await column(raw, countText), [1]);
    };
    await Promise.all(steps.map(attempt));
  });
}

test("S5: a database that is closed while it tries to listen again leaves no connection behind", async (t) => {
  const attempt = async (step: string) => {
    const { database, proxy, raw, terminate } = await listeningThroughProxy(t);
    const struck = proxy.breakNext("silence", (message) => message.includes(step));
    await terminate();
    await struck;
    await database.close();
    await until(async () => (await column(raw, countText))[0] === 0);
  };
  await Promise.all(steps.map(attempt));
});
