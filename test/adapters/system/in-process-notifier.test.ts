import assert from "node:assert/strict";
import { test } from "node:test";
import { InProcessNotifier } from "../../../src/adapters/system/in-process-notifier.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

const alice = "@alice:example.org" as UserId;
const bob = "@bob:example.org" as UserId;
const long = 60_000;

test("a wake reaches every wait of the user, and no other's", async () => {
  const notifier = new InProcessNotifier();
  const phone = notifier.subscribe(alice);
  const laptop = notifier.subscribe(alice);
  const other = notifier.subscribe(bob);
  const waits = [phone.wait(long), laptop.wait(long)];
  const otherWait = other.wait(20);
  notifier.wake([alice]);
  assert.deepEqual(await Promise.all(waits), ["woken", "woken"]);
  assert.equal(await otherWait, "timeout");
  for (const subscription of [phone, laptop, other]) subscription.close();
  assert.equal(notifier.waiting, 0);
});

test("a wake between subscribing and waiting is not lost, and counts once", async () => {
  const notifier = new InProcessNotifier();
  const subscription = notifier.subscribe(alice);
  notifier.wake([alice, bob]);
  notifier.wake([alice]);
  assert.equal(await subscription.wait(long), "woken");
  assert.equal(await subscription.wait(1), "timeout");
  const wait = subscription.wait(long);
  notifier.wake([alice]);
  assert.equal(await wait, "woken");
  assert.equal(await subscription.wait(1), "timeout");
  subscription.close();
});

test("closing ends a wait, whichever of a user's subscriptions it is", async () => {
  for (const closed of [0, 1, 2]) {
    const notifier = new InProcessNotifier();
    const subscriptions = Array.from({ length: 3 }, () => notifier.subscribe(alice));
    const waits = subscriptions.map((subscription) => subscription.wait(long));
    subscriptions[closed]?.close();
    subscriptions[closed]?.close();
    assert.equal(await waits[closed], "closed");
    assert.equal(await subscriptions[closed]?.wait(long), "closed");
    assert.equal(notifier.waiting, 2);
    notifier.wake([alice]);
    const outcomes = (await Promise.all(waits)).filter((outcome) => outcome === "woken");
    assert.equal(outcomes.length, 2);
  }
});

test("closing the notifier ends all waits and every later one", async () => {
  const notifier = new InProcessNotifier();
  const waits = [alice, alice, bob].map((userId) => notifier.subscribe(userId).wait(long));
  notifier.close();
  assert.deepEqual(await Promise.all(waits), ["closed", "closed", "closed"]);
  assert.equal(await notifier.subscribe(alice).wait(long), "closed");
  assert.equal(notifier.waiting, 0);
});

test("ten thousand waits of one user are woken and closed", async () => {
  const notifier = new InProcessNotifier();
  const subscriptions = Array.from({ length: 10_000 }, () => notifier.subscribe(alice));
  const waits = subscriptions.map((subscription) => subscription.wait(long));
  notifier.wake([alice]);
  assert.ok((await Promise.all(waits)).every((outcome) => outcome === "woken"));
  for (const subscription of subscriptions) subscription.close();
  assert.equal(notifier.waiting, 0);
});
