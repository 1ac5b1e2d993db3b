import assert from "node:assert/strict";
import { test } from "node:test";
import { InProcessNotifier } from "../../../src/adapters/system/in-process-notifier.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

const alice = "@alice:example.org" as UserId;
const bob = "@bob:example.org" as UserId;
const hall = "!hall:example.org" as RoomId;
const cellar = "!cellar:example.org" as RoomId;
const attic = "!attic:example.org" as RoomId;
const long = 60_000;

test("a wake of a room reaches every wait that follows it, and no other", async () => {
  const notifier = new InProcessNotifier();
  const [phone, laptop, other] = [alice, alice, bob].map((userId) => notifier.subscribe(userId));
  phone?.follow([hall, cellar]);
  laptop?.follow([cellar]);
  other?.follow([hall]);
  const waits = [phone?.wait(long), other?.wait(long)];
  const laptopWait = laptop?.wait(20);
  notifier.wake([hall, attic]);
  assert.deepEqual(await Promise.all(waits), ["woken", "woken"]);
  assert.equal(await laptopWait, "timeout");
});

test("what is followed anew takes the place of what was followed", async () => {
  const notifier = new InProcessNotifier();
  const sync = notifier.subscribe(alice);
  sync.follow([hall, cellar]);
  sync.follow([cellar, attic]);
  notifier.wake([hall]);
  assert.equal(await sync.wait(20), "timeout");
  for (const room of [cellar, attic]) {
    notifier.wake([room]);
    assert.equal(await sync.wait(long), "woken", room);
  }
  sync.follow([]);
  notifier.wake([cellar, attic]);
  assert.equal(await sync.wait(20), "timeout");
});

test("a room that was woken between the subscription and its being followed wakes, and does so once", async () => {
  const notifier = new InProcessNotifier();
  notifier.wake([hall, cellar]);
  const sync = notifier.subscribe(alice);
  sync.follow([cellar]);
  assert.equal(await sync.wait(20), "timeout", "what was before the subscription is nothing new");
  notifier.wake([hall]);
  sync.follow([cellar, hall]);
  assert.equal(await sync.wait(long), "woken");
  sync.follow([cellar, hall]);
  assert.equal(await sync.wait(20), "timeout");
});

test("a wake is not lost among those of very many other rooms", async () => {
  const notifier = new InProcessNotifier();
  const sync = notifier.subscribe(alice);
  notifier.wake([hall]);
  notifier.wake(Array.from({ length: 5000 }, (_, index) => `!${index}:example.org` as RoomId));
  sync.follow([hall]);
  assert.equal(await sync.wait(long), "woken");
  sync.close();
  const late = notifier.subscribe(alice);
  late.follow([hall]);
  assert.equal(await late.wait(20), "timeout");
});

test("whoever has closed is not woken, in whatever order they came and go", async () => {
  for (const closed of [0, 1, 2]) {
    const notifier = new InProcessNotifier();
    const syncs = Array.from({ length: 3 }, () => notifier.subscribe(alice));
    for (const sync of syncs) sync.follow([hall, cellar]);
    const waits = syncs.map((sync) => sync.wait(long));
    syncs[closed]?.close();
    notifier.wake([cellar]);
    const expected = [0, 1, 2].map((index) => (index === closed ? "closed" : "woken"));
    assert.deepEqual(await Promise.all(waits), expected);
    syncs[closed]?.follow([hall]);
    for (const sync of syncs) sync.close();
    notifier.wake([hall]);
    assert.equal(notifier.waiting, 0);
  }
});

test("ten thousand waits with twenty rooms each are woken, and leave nothing behind", async () => {
  const notifier = new InProcessNotifier();
  const rooms = Array.from({ length: 20 }, (_, index) => `!${index}:example.org` as RoomId);
  const syncs = Array.from({ length: 10_000 }, () => notifier.subscribe(alice));
  for (const sync of syncs) sync.follow(rooms);
  const waits = syncs.map((sync) => sync.wait(long));
  notifier.wake(rooms.slice(7, 8));
  assert.ok((await Promise.all(waits)).every((outcome) => outcome === "woken"));
  for (const sync of syncs) sync.close();
  assert.equal(notifier.waiting, 0);
});
