import assert from "node:assert/strict";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob } from "./owners.ts";
import { append, change, member, message, otherRoom, read, room } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

contract("stays", {
  "the last stay is the one that began last, and knows its end": async (database) => {
    assert.equal(await last(database, bob), undefined);
    await append(database, member("1", bob, "invite", "join"));
    const joinedAt = await positionOf(database, "1");
    assert.deepEqual(await last(database, bob), { joinedAt, leftAt: undefined });
    await append(database, message("2"), member("3", bob, "join", "ban"));
    assert.deepEqual(await last(database, bob), { joinedAt, leftAt: await positionOf(database, "3") });
    await append(database, member("4", bob, "ban", "leave"), member("5", bob, "leave", "invite"));
    assert.deepEqual(await last(database, bob), { joinedAt, leftAt: await positionOf(database, "3") });
    await append(database, member("6", bob, "invite", "join"));
    assert.deepEqual(await last(database, bob), { joinedAt: await positionOf(database, "6"), leftAt: undefined });
  },

  "a new name or picture begins no other stay": async (database) => {
    await append(database, member("1", bob, undefined, "join"), member("2", bob, "join", "join"));
    assert.deepEqual(await last(database, bob), { joinedAt: await positionOf(database, "1"), leftAt: undefined });
  },

  "stays are apart by user and room": async (database) => {
    await append(database, member("1", bob, undefined, "join"));
    await append(database, member("2", bob, undefined, "join", otherRoom), member("3", alice, undefined, "join"));
    await append(database, member("4", bob, "join", "leave", otherRoom));
    assert.equal((await last(database, bob))?.leftAt, undefined);
    assert.deepEqual(await last(database, bob, otherRoom), {
      joinedAt: await positionOf(database, "2"),
      leftAt: await positionOf(database, "4"),
    });
    assert.equal((await last(database, alice))?.joinedAt, await positionOf(database, "3"));
  },

  "the last stay before a position is that before another one": async (database) => {
    await append(database, member("1", bob, undefined, "join"), member("2", bob, "join", "leave"));
    await append(database, member("3", bob, "leave", "join"));
    const [first, second] = [await positionOf(database, "1"), await positionOf(database, "3")];
    const before = (position?: number) => read(database, ({ stays }) => stays.findLastStay(bob, room, position));
    assert.equal((await before())?.joinedAt, second);
    assert.deepEqual(await before(second), { joinedAt: first, leftAt: await positionOf(database, "2") });
    assert.equal(await before(first), undefined);
  },

  "a unit that fails begins no stay": async (database) => {
    await runAndFail(database.unitOfWork, ({ events }) => {
      const [event] = member("1", bob, undefined, "join");
      return events.append(event, change(bob, undefined, "join"));
    });
    assert.equal(await last(database, bob), undefined);
  },
});

function last(database: TestDatabase, userId: UserId, roomId: RoomId = room) {
  return read(database, ({ stays }) => stays.findLastStay(userId, roomId));
}

async function positionOf(database: TestDatabase, name: string): Promise<number | undefined> {
  return (await read(database, ({ events }) => events.findEvent(eventNamed(name))))?.position;
}
