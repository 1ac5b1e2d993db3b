import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { QueuedMessage } from "../../src/domain/appservices/appservice-queue-store.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, bobsPhone, deviceOf, laptop, noon, phone, userNamed } from "./owners.ts";

contract("appserviceQueue", {
  "S3: messages wait in the order in which they were added, each at a position of its own": async (database) => {
    await add(database, "bridge", ["1", phone], ["2", bobsPhone]);
    await add(database, "other", ["of another", phone]);
    await add(database, "bridge", ["3", laptop]);
    const waiting = await list(database);
    assert.deepEqual(waiting.map(withoutPosition), [
      message("1", phone),
      message("2", bobsPhone),
      message("3", laptop),
    ]);
    const positions = waiting.map(({ position }) => position);
    assert.ok(positions[0]! > 0 && positions[0]! < positions[1]! && positions[1]! < positions[2]!);
    assert.equal(await database.snapshots.read(({ stream }) => stream.findPosition()), positions[2]);
    assert.deepEqual((await list(database, "other")).map(withoutPosition), [message("of another", phone)]);
  },

  "messages that are added at once get different positions, those of one unit in its order": async (database) => {
    await Promise.all(
      Array.from({ length: 20 }, (_, unit) => add(database, "bridge", [`${unit}a`, phone], [`${unit}b`, phone])),
    );
    const waiting = (await list(database)).map(({ content }) => JSON.parse(content).text as string);
    assert.equal(new Set(waiting).size, 40);
    for (let unit = 0; unit < 20; unit++) assert.ok(waiting.indexOf(`${unit}a`) < waiting.indexOf(`${unit}b`));
  },

  "the first messages are listed, no more than the limit, and removed up to a position": async (database) => {
    await add(database, "bridge", ["1", phone], ["2", phone], ["3", phone]);
    await add(database, "other", ["of another", phone]);
    const [first, second, third] = await list(database);
    assert.deepEqual(await list(database, "bridge", 2), [first, second]);
    await change(database, (queue) => queue.removeMessagesUpTo("bridge", first!.position - 1));
    assert.equal((await list(database)).length, 3);
    await change(database, (queue) => queue.removeMessagesUpTo("bridge", second!.position));
    assert.deepEqual(await list(database), [third]);
    await change(database, (queue) => queue.removeMessagesUpTo("bridge", 2 ** 52));
    assert.deepEqual(await list(database), []);
    assert.equal((await list(database, "other")).length, 1);
  },

  "C8: a device is noted once however often, for each appservice by itself": async (database) => {
    await note(database, "bridge", noon, phone, laptop, phone);
    await note(database, "bridge", noon + 1, phone);
    await note(database, "other", noon, phone);
    assert.deepEqual(names(await take(database, "bridge")), [laptop, phone].map(name));
    assert.deepEqual(await take(database, "bridge"), []);
    assert.deepEqual(names(await take(database, "other")), [name(phone)]);
  },

  "devices that were noted earlier are taken earlier, no more than the limit": async (database) => {
    await note(database, "bridge", noon + 2, phone);
    await note(database, "bridge", noon + 1, bobsPhone);
    await note(database, "bridge", noon + 3, laptop);
    // A note that is there does not become younger.
    await note(database, "bridge", noon + 4, bobsPhone);
    assert.deepEqual((await take(database, "bridge", 2)).map(name), [name(bobsPhone), name(phone)]);
    assert.deepEqual((await take(database, "bridge", 2)).map(name), [name(laptop)]);
    assert.deepEqual(await take(database, "bridge", 2), []);
  },

  "many devices are noted in one call and taken in few": async (database) => {
    const devices = Array.from({ length: 500 }, (_, index) => deviceOf(alice, `D${index}`));
    await note(database, "bridge", noon, ...devices);
    const taken = [...(await take(database, "bridge", 300)), ...(await take(database, "bridge", 300))];
    assert.deepEqual(names(taken), devices.map(name).sort());
  },

  "what waits is counted up to a number, and the first of it tells since when": async (database) => {
    assert.equal(await count(database), 0);
    assert.equal(await oldest(database), undefined);
    await note(database, "bridge", noon + 5, phone, laptop);
    assert.equal(await oldest(database), noon + 5);
    await add(database, "bridge", ["1", phone], ["2", phone], ["3", phone]);
    assert.equal(await oldest(database), noon);
    assert.deepEqual([await count(database), await count(database, 4), await count(database, 2)], [5, 4, 2]);
    assert.equal(await count(database, 10_000, "other"), 0);
    await take(database, "bridge");
    assert.equal(await oldest(database), noon);
    await change(database, (queue) => queue.removeMessagesUpTo("bridge", 2 ** 52));
    assert.deepEqual([await count(database), await oldest(database)], [0, undefined]);
  },

  "a unit that fails adds, notes, removes and takes nothing": async (database) => {
    await add(database, "bridge", ["1", phone]);
    await note(database, "bridge", noon, phone);
    const position = await database.snapshots.read(({ stream }) => stream.findPosition());
    await runAndFail(database.unitOfWork, async ({ appserviceQueue: queue }) => {
      await queue.addMessage("bridge", message("never", phone), noon);
      await queue.noteCounts("bridge", [laptop], noon);
      await queue.removeMessagesUpTo("bridge", 2 ** 52);
      assert.equal((await queue.takeNotedCounts("bridge", 10)).length, 2);
    });
    assert.deepEqual((await list(database)).map(withoutPosition), [message("1", phone)]);
    assert.equal(await database.snapshots.read(({ stream }) => stream.findPosition()), position);
    assert.deepEqual(names(await take(database, "bridge")), [name(phone)]);
  },

  "appservices, users, devices, senders, types and contents may be any text": async (database) => {
    const odd = oddTexts.map((text): QueuedMessage => {
      const content = JSON.stringify({ [text]: text });
      return { recipient: deviceOf(userNamed(text), text), sender: userNamed(text), type: text, content };
    });
    await change(database, async (queue) => {
      for (const each of odd) await queue.addMessage("bridge", each, noon);
      for (const text of oddTexts) await queue.addMessage(text, message(text, phone), noon);
      for (const { recipient } of odd) await queue.noteCounts("bridge", [recipient], noon);
      for (const text of oddTexts) await queue.noteCounts(text, [phone], noon);
    });
    assert.deepEqual((await list(database)).map(withoutPosition), odd);
    assert.deepEqual(names(await take(database, "bridge", 1000)), odd.map(({ recipient }) => name(recipient)).sort());
    for (const text of oddTexts) {
      assert.deepEqual((await list(database, text)).map(withoutPosition), [message(text, phone)]);
      assert.deepEqual(names(await take(database, text)), [name(phone)]);
    }
  },

  "S4: what waits for one device goes, for all appservices, and nothing else does": async (database) => {
    await add(database, "bridge", ["one", phone], ["two", laptop], ["three", phone]);
    await add(database, "other", ["four", phone]);
    await change(database, (queue) => queue.removeMessagesTo(phone));
    assert.deepEqual(
      (await list(database)).map(({ recipient }) => recipient),
      [laptop],
    );
    assert.deepEqual(await list(database, "other"), []);
  },
});

function message(text: string, recipient: DeviceOwner): QueuedMessage {
  return { recipient, sender: bob, type: "m.room.encrypted", content: JSON.stringify({ text }) };
}

function withoutPosition({ recipient, sender, type, content }: QueuedMessage): QueuedMessage {
  return { recipient, sender, type, content };
}

function change<T>({ unitOfWork }: TestDatabase, work: (queue: Stores["appserviceQueue"]) => Promise<T>): Promise<T> {
  return unitOfWork.run("everything", ({ appserviceQueue }) => work(appserviceQueue));
}

function add(database: TestDatabase, appservice: string, ...messages: [string, DeviceOwner][]): Promise<void> {
  return change(database, async (queue) => {
    for (const [text, recipient] of messages) await queue.addMessage(appservice, message(text, recipient), noon);
  });
}

function note(database: TestDatabase, appservice: string, at: number, ...owners: DeviceOwner[]): Promise<void> {
  return change(database, (queue) => queue.noteCounts(appservice, owners, at));
}

function take(database: TestDatabase, appservice: string, limit = 100): Promise<DeviceOwner[]> {
  return change(database, (queue) => queue.takeNotedCounts(appservice, limit));
}

function list({ snapshots }: TestDatabase, appservice = "bridge", limit = 1000) {
  return snapshots.read(({ appserviceQueue }) => appserviceQueue.listMessages(appservice, limit));
}

function count({ snapshots }: TestDatabase, most = 10_000, appservice = "bridge"): Promise<number> {
  return snapshots.read(({ appserviceQueue }) => appserviceQueue.countWaiting(appservice, most));
}

function oldest({ snapshots }: TestDatabase): Promise<number | undefined> {
  return snapshots.read(({ appserviceQueue }) => appserviceQueue.findOldest("bridge"));
}

function name({ userId, deviceId }: DeviceOwner): string {
  return `${userId} ${deviceId}`;
}

/** Sorted: those of one moment have no order among themselves. */
function names(owners: readonly DeviceOwner[]): string[] {
  return owners.map(name).sort();
}
