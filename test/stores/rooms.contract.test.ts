import assert from "node:assert/strict";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { append, message, otherRoom, read, room } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

const head = { depth: 7, stateAfter: 3, lastSnapshot: 4, joinedMembers: 2, invitedMembers: 1 };

contract("rooms", {
  "a room begins without events": async (database) => {
    assert.equal(await find(database), undefined);
    await add(database);
    assert.deepEqual(await find(database), {
      ...{ roomId: room, version: "12", depth: 0, stateAfter: undefined, lastSnapshot: 0 },
      ...{ joinedMembers: 0, invitedMembers: 0, eventPosition: 0 },
    });
    assert.deepEqual(await extremities(database), []);
  },

  "there is no second room of one id": async (database) => {
    await add(database);
    await assert.rejects(add(database));
    assert.equal((await find(database))?.version, "12");
  },

  "an event moves its room, and no other one": async (database) => {
    await add(database);
    await add(database, otherRoom);
    await append(database, message("1", { depth: 7, head }));
    const eventPosition = await read(database, ({ stream }) => stream.findPosition());
    assert.deepEqual(await find(database), { ...head, roomId: room, version: "12", eventPosition });
    assert.deepEqual(await extremities(database), [{ eventId: eventNamed("1"), depth: 7 }]);
    assert.equal((await find(database, otherRoom))?.depth, 0);
    assert.deepEqual(await extremities(database, otherRoom), []);
  },

  "of several events of a unit the last one says where the room stands": async (database) => {
    await add(database);
    await append(
      database,
      message("1", { depth: 6, head: { ...head, depth: 6, stateAfter: undefined } }),
      message("2", { depth: 7, head: { ...head, joinedMembers: 5 } }),
      message("3", { depth: 8, head: { ...head, depth: 8 } }),
    );
    const { eventPosition, ...found } = (await find(database))!;
    assert.deepEqual(found, { ...head, depth: 8, roomId: room, version: "12" });
    assert.deepEqual(await extremities(database), [{ eventId: eventNamed("3"), depth: 8 }]);
    assert.equal(eventPosition, await read(database, ({ stream }) => stream.findPosition()));
  },

  "a room without state stands so": async (database) => {
    await add(database);
    await append(database, message("1", { head: { ...head, stateAfter: undefined } }));
    assert.equal((await find(database))?.stateAfter, undefined);
  },

  "the position of the newest event is the room's": async (database) => {
    await add(database);
    await add(database, otherRoom);
    await append(database, message("1"), message("2"), message("3", { roomId: otherRoom }));
    const position = await read(database, ({ stream }) => stream.findPosition());
    assert.equal((await find(database))?.eventPosition, position - 1);
    assert.equal((await find(database, otherRoom))?.eventPosition, position);
  },

  "rooms that are moved at once stand each where its own event says": async (database) => {
    const ids = Array.from({ length: 20 }, (_, index) => `!${index}` as RoomId);
    for (const id of ids) await add(database, id);
    const move = (id: RoomId, depth: number) =>
      database.unitOfWork.run({ exclusive: [id] }, async ({ events }) => {
        for (const last of [depth, depth + 1]) {
          await events.append(
            message(id + last, { roomId: id, depth: last, head: { ...head, depth: last } }),
            undefined,
          );
        }
      });
    await Promise.all(ids.map(move));
    for (const [depth, id] of ids.entries()) {
      assert.equal((await find(database, id))?.depth, depth + 1);
      assert.deepEqual(await extremities(database, id), [{ eventId: eventNamed(id + (depth + 1)), depth: depth + 1 }]);
    }
  },

  "of many extremities the twenty deepest are listed, and an event follows all of them": async (database) => {
    await add(database);
    const all = Array.from({ length: 30 }, (_, depth) => ({ eventId: eventNamed(`${depth}`), depth }));
    const rows = all.map(({ eventId, depth }) => ({ room_id: room, event_id: eventId, depth }));
    await database.tamper((session) =>
      session.run("test.extremities", session.db.insertInto("forward_extremities").values(rows)),
    );
    assert.deepEqual(await extremities(database), all.toReversed().slice(0, 20));
    await append(database, message("next", { depth: 30 }));
    assert.deepEqual(await extremities(database), [{ eventId: eventNamed("next"), depth: 30 }]);
  },

  "a unit that fails makes no room, and moves none": async (database) => {
    await runAndFail(database.unitOfWork, ({ rooms }) => rooms.add(room, "12"));
    assert.equal(await find(database), undefined);
    await add(database);
    await runAndFail(database.unitOfWork, ({ events }) => events.append(message("1", { head }), undefined));
    assert.equal((await find(database))?.depth, 0);
    assert.deepEqual(await extremities(database), []);
  },

  "rooms and events may have any id": async (database) => {
    for (const text of oddTexts) {
      await add(database, text as RoomId);
      for (const other of oddTexts.slice(0, 2)) {
        await append(database, message(text + other, { roomId: text as RoomId }));
        assert.deepEqual(await extremities(database, text as RoomId), [
          { eventId: eventNamed(text + other), depth: 1 },
        ]);
      }
    }
    for (const text of oddTexts) assert.equal((await find(database, text as RoomId))?.roomId, text);
  },
});

function add({ unitOfWork }: TestDatabase, roomId = room): Promise<void> {
  return unitOfWork.run("everything", ({ rooms }) => rooms.add(roomId, "12"));
}

function find(database: TestDatabase, roomId = room) {
  return read(database, ({ rooms }) => rooms.findRoom(roomId));
}

function extremities(database: TestDatabase, roomId = room) {
  return read(database, ({ rooms }) => rooms.listForwardExtremities(roomId));
}
