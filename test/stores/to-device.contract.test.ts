import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { ToDeviceMessage } from "../../src/domain/to-device/to-device-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, bobsPhone, deviceOf, laptop, phone, userNamed } from "./owners.ts";

contract("toDevice", {
  "S3: messages wait in the order in which they were delivered, each at a position of its own": async (database) => {
    await deliver(database, phone, "1", "2");
    await deliver(database, laptop, "other device");
    await deliver(database, bobsPhone, "other user");
    await deliver(database, phone, "3");
    const waiting = await list(database);
    assert.deepEqual(waiting.map(withoutPosition), ["1", "2", "3"].map(message));
    const positions = waiting.map(({ position }) => position);
    assert.ok(positions[0]! > 0 && positions[0]! < positions[1]! && positions[1]! < positions[2]!);
    assert.equal(await database.snapshots.read(({ stream }) => stream.findPosition()), positions[2]);
    assert.deepEqual((await list(database, bobsPhone)).map(withoutPosition), [message("other user")]);
  },

  "S3: deliveries that run at once get different positions": async (database) => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => deliver(database, phone, `${index}`)));
    const waiting = await list(database);
    assert.equal(new Set(waiting.map(({ content }) => content)).size, 50);
    const positions = waiting.map(({ position }) => position);
    assert.deepEqual(
      positions,
      [...new Set(positions)].sort((one, other) => one - other),
    );
  },

  "S3: the first messages after a position are listed, no more than the limit": async (database) => {
    await deliver(database, phone, "1", "2", "3", "4");
    const [first, second, third, fourth] = await list(database);
    assert.deepEqual(await list(database, phone, 0, 2), [first, second]);
    assert.deepEqual(await list(database, phone, first!.position, 2), [second, third]);
    assert.deepEqual(await list(database, phone, second!.position), [third, fourth]);
    assert.deepEqual(await list(database, phone, fourth!.position), []);
    assert.deepEqual(await list(database, phone, 0, 4), [first, second, third, fourth]);
  },

  "S3: what is acknowledged is removed, up to the position and including it": async (database) => {
    await deliver(database, phone, "1", "2", "3");
    await deliver(database, laptop, "other device");
    await deliver(database, bobsPhone, "other user");
    const [first, second, third] = await list(database);
    const removeUpTo = (position: number) => change(database, (store) => store.removeUpTo(phone, position));
    await removeUpTo(first!.position - 1);
    assert.equal((await list(database)).length, 3);
    await removeUpTo(second!.position);
    assert.deepEqual(await list(database), [third]);
    await removeUpTo(2 ** 52);
    assert.deepEqual(await list(database), []);
    for (const other of [laptop, bobsPhone]) assert.equal((await list(database, other)).length, 1);
  },

  "whether messages up to a position wait is told": async (database) => {
    assert.equal(await hasUpTo(database, 2 ** 52), false);
    await deliver(database, laptop, "other device");
    await deliver(database, phone, "1", "2");
    const [first, second] = await list(database);
    assert.equal(await hasUpTo(database, first!.position - 1), false);
    assert.equal(await hasUpTo(database, first!.position), true);
    await change(database, (store) => store.removeUpTo(phone, first!.position));
    assert.equal(await hasUpTo(database, first!.position), false);
    assert.equal(await hasUpTo(database, second!.position), true);
  },

  "S4: a device's inbox is removed; other devices keep theirs": async (database) => {
    for (const owner of [phone, laptop, bobsPhone]) await deliver(database, owner, "1", "2");
    await change(database, (store) => store.removeAll(phone));
    assert.deepEqual(await list(database), []);
    for (const other of [laptop, bobsPhone]) assert.equal((await list(database, other)).length, 2);
  },

  "S3: a transaction is new once, for its device, event type and id": async (database) => {
    const remember = (owner = phone, type = "m.a", id = "1") =>
      database.unitOfWork.run("everything", ({ toDevice }) => toDevice.rememberTransaction(owner, type, id, 1000));
    assert.equal(await remember(), true);
    assert.equal(await remember(), false);
    assert.equal(await remember(laptop), true);
    assert.equal(await remember(bobsPhone), true);
    assert.equal(await remember(phone, "m.b"), true);
    assert.equal(await remember(phone, "m.a", "2"), true);
    const atOnce = await Promise.all(Array.from({ length: 10 }, () => remember(phone, "m.a", "3")));
    assert.deepEqual(atOnce.filter(Boolean), [true]);
    await change(database, (store) => store.removeTransactions(phone));
    assert.equal(await remember(), true);
    assert.equal(await remember(phone, "m.b"), true);
    assert.equal(await remember(laptop), false);
    assert.equal(await remember(bobsPhone), false);
  },

  "transactions that were sent before a time are forgotten, later ones are not": async (database) => {
    const remember = (id: string, now: number) =>
      database.unitOfWork.run("everything", ({ toDevice }) => toDevice.rememberTransaction(phone, "m.a", id, now));
    await remember("old", 999);
    await remember("at the time", 1000);
    await remember("new", 1001);
    // Sending again does not make a transaction younger.
    await remember("old", 5000);
    await change(database, (store) => store.forgetTransactionsBefore(1000));
    assert.equal(await remember("old", 2000), true);
    assert.equal(await remember("at the time", 2000), false);
    assert.equal(await remember("new", 2000), false);
  },

  "a unit that fails delivers, acknowledges and remembers nothing": async (database) => {
    const { unitOfWork } = database;
    await deliver(database, phone, "1");
    const position = await database.snapshots.read(({ stream }) => stream.findPosition());
    await runAndFail(unitOfWork, async ({ toDevice }) => {
      assert.equal(await toDevice.rememberTransaction(phone, "m.a", "1", 1000), true);
      await toDevice.deliver(phone, message("never"));
      await toDevice.removeUpTo(phone, 2 ** 52);
    });
    await runAndFail(unitOfWork, ({ toDevice }) => toDevice.removeAll(phone));
    assert.deepEqual((await list(database)).map(withoutPosition), [message("1")]);
    assert.equal(await database.snapshots.read(({ stream }) => stream.findPosition()), position);
    await unitOfWork.run("everything", async ({ toDevice }) => {
      assert.equal(await toDevice.rememberTransaction(phone, "m.a", "1", 1000), true);
    });
    await runAndFail(unitOfWork, ({ toDevice }) => toDevice.forgetTransactionsBefore(2000));
    await runAndFail(unitOfWork, ({ toDevice }) => toDevice.removeTransactions(phone));
    await unitOfWork.run("everything", async ({ toDevice }) => {
      assert.equal(await toDevice.rememberTransaction(phone, "m.a", "1", 1000), false);
    });
  },

  "devices, senders, types, contents and transaction ids may be any text": async (database) => {
    const sent = oddTexts.map((text): ToDeviceMessage => {
      return { sender: userNamed(text), type: text, content: JSON.stringify({ [text]: text }) };
    });
    await change(database, async (store) => {
      for (const each of sent) await store.deliver(phone, each);
      for (const text of oddTexts) {
        await store.deliver(deviceOf(alice, text), message(text));
        await store.deliver(deviceOf(userNamed(text), "PHONE"), message(text));
        assert.equal(await store.rememberTransaction(phone, text, "1", 0), true);
        assert.equal(await store.rememberTransaction(phone, "m.a", text, 0), true);
        assert.equal(await store.rememberTransaction(deviceOf(alice, text), "m.a", "1", 0), true);
      }
    });
    assert.deepEqual((await list(database)).map(withoutPosition), sent);
    for (const text of oddTexts) {
      for (const owner of [deviceOf(alice, text), deviceOf(userNamed(text), "PHONE")]) {
        assert.deepEqual((await list(database, owner)).map(withoutPosition), [message(text)]);
      }
    }
  },
});

function message(text: string): ToDeviceMessage {
  return { sender: bob, type: "m.room.encrypted", content: JSON.stringify({ text }) };
}

function withoutPosition({ sender, type, content }: ToDeviceMessage): ToDeviceMessage {
  return { sender, type, content };
}

function change({ unitOfWork }: TestDatabase, work: (store: Stores["toDevice"]) => Promise<void>): Promise<void> {
  return unitOfWork.run("everything", ({ toDevice }) => work(toDevice));
}

function deliver(database: TestDatabase, owner: typeof phone, ...texts: string[]): Promise<void> {
  return change(database, async (store) => {
    for (const text of texts) await store.deliver(owner, message(text));
  });
}

function list({ snapshots }: TestDatabase, owner = phone, after = 0, limit = 1000) {
  return snapshots.read(({ toDevice }) => toDevice.listAfter(owner, after, limit));
}

function hasUpTo({ snapshots }: TestDatabase, position: number): Promise<boolean> {
  return snapshots.read(({ toDevice }) => toDevice.hasUpTo(phone, position));
}
