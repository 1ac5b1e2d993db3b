import assert from "node:assert/strict";
import type { NewEvent } from "../../src/domain/rooms/event-store.ts";
import type { SentTransaction } from "../../src/domain/rooms/sent-event-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { bob, bobsPhone, laptop, noon, phone } from "./owners.ts";
import { append, message, otherRoom, read, room } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

const sent: SentTransaction = { ...phone, transactionId: "1", roomId: room, eventType: "m.room.message" };
/** Each differs from `sent` in one thing. */
const others: readonly SentTransaction[] = [
  { ...sent, userId: bob },
  { ...sent, deviceId: "LAPTOP" },
  { ...sent, deviceId: "" },
  { ...sent, transactionId: "2" },
  { ...sent, roomId: otherRoom },
  { ...sent, eventType: "m.room.encrypted" },
];

contract("sentEvents", {
  "a transaction is found by its device, room, event type and id": async (database) => {
    assert.equal(await find(database, sent), undefined);
    await remember(database, sent, "1");
    assert.equal(await find(database, sent), eventNamed("1"));
    for (const other of others) assert.equal(await find(database, other), undefined);
    for (const [index, other] of others.entries()) await remember(database, other, `other ${index}`);
    for (const [index, other] of others.entries())
      assert.equal(await find(database, other), eventNamed(`other ${index}`));
    assert.equal(await find(database, sent), eventNamed("1"));
  },

  "R2: a second event of a transaction is not stored": async (database) => {
    await remember(database, sent, "1");
    await assert.rejects(remember(database, sent, "2"));
    assert.equal(await find(database, sent), eventNamed("1"));
    assert.equal(await read(database, ({ events }) => events.findEvent(eventNamed("2"))), undefined);
  },

  "events of one unit have a transaction each, or none": async (database) => {
    const events = [newEvent(sent, "1"), message("2"), newEvent({ ...sent, transactionId: "3" }, "3")];
    await append(database, ...events);
    assert.equal(await find(database, sent), eventNamed("1"));
    const ids = await read(database, ({ sentEvents }) =>
      sentEvents.listTransactionIds(phone, ["1", "2", "3"].map(eventNamed)),
    );
    assert.deepEqual([...ids.values()].sort(), ["1", "3"]);
  },

  "a device is told the transaction ids of its own events only": async (database) => {
    await remember(database, sent, "1");
    await remember(database, { ...sent, transactionId: "2" }, "2");
    await remember(database, { ...sent, ...laptop }, "3");
    await remember(database, { ...sent, ...bobsPhone }, "4");
    const ids = (owner: typeof phone, ...of: string[]) =>
      read(database, ({ sentEvents }) => sentEvents.listTransactionIds(owner, of.map(eventNamed)));
    const told = await ids(phone, "1", "2", "3", "4", "5");
    assert.deepEqual([...told].sort(), [
      [eventNamed("1"), "1"],
      [eventNamed("2"), "2"],
    ]);
    assert.deepEqual([...(await ids(phone, "2"))], [[eventNamed("2"), "2"]]);
    assert.deepEqual([...(await ids(bobsPhone, "1", "4"))], [[eventNamed("4"), "1"]]);
    assert.deepEqual([...(await ids(phone))], []);
  },

  "those of before a time are forgotten, the oldest first, no more than so many": async (database) => {
    const named = (transactionId: string): SentTransaction => ({ ...sent, transactionId });
    for (const time of [5, 1, 4, 2, 3]) await remember(database, named(`${time}`), `${time}`, noon + time);
    const forget = (time: number, limit: number) =>
      database.unitOfWork.run("everything", ({ sentEvents }) => sentEvents.forgetBefore(noon + time, limit));
    const left = async () => {
      const found = await Promise.all([1, 2, 3, 4, 5].map((time) => find(database, named(`${time}`))));
      return found.flatMap((id) => id?.slice(1) ?? []).join("");
    };
    assert.equal(await forget(1, 10), 0);
    assert.equal(await forget(4, 2), 2);
    assert.equal(await left(), "345");
    assert.equal(await forget(4, 2), 1);
    assert.equal(await left(), "45");
  },

  "a unit that fails remembers and forgets nothing": async (database) => {
    await runAndFail(database.unitOfWork, ({ events }) => events.append(newEvent(sent, "1"), undefined));
    assert.equal(await find(database, sent), undefined);
    await remember(database, sent, "1");
    await runAndFail(database.unitOfWork, ({ sentEvents }) => sentEvents.forgetBefore(noon + 1, 10));
    assert.equal(await find(database, sent), eventNamed("1"));
  },

  "transaction ids and event types may be any text": async (database) => {
    const all = oddTexts.map((text) => ({ ...sent, transactionId: text, eventType: text }));
    for (const each of all) await remember(database, each, each.eventType);
    for (const each of all) assert.equal(await find(database, each), eventNamed(each.eventType));
    const ids = await read(database, ({ sentEvents }) =>
      sentEvents.listTransactionIds(phone, oddTexts.map(eventNamed)),
    );
    assert.deepEqual(ids, new Map(oddTexts.map((text) => [eventNamed(text), text])));
  },
});

function find(database: TestDatabase, transaction: SentTransaction) {
  return read(database, ({ sentEvents }) => sentEvents.findSent(transaction));
}

function remember(database: TestDatabase, transaction: SentTransaction, name: string, at = noon): Promise<void> {
  return append(database, newEvent(transaction, name, at));
}

function newEvent(transaction: SentTransaction, name: string, at = noon): NewEvent {
  return message(name, { roomId: transaction.roomId, sent: { transaction, at } });
}
