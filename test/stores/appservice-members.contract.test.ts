import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import { putMembership, putRoom, storedEvent } from "../support/stored-rooms.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, carol, userNamed } from "./owners.ts";

const [hall, garden] = ["!hall", "!garden"] as [RoomId, RoomId];
const [ghost, phantom] = [userNamed("bridge_ghost"), userNamed("bridge_phantom")];

contract("appserviceMembers", {
  "a user counts from its begin to its end, for its appservice alone": async (database) => {
    assert.deepEqual(await rooms(database, "bridge"), []);
    await change(database, (store) => store.begin("bridge", { userId: ghost, roomId: hall }));
    assert.deepEqual([await rooms(database, "bridge"), await rooms(database, "other")], [[hall], []]);
    await change(database, (store) => store.begin("bridge", { userId: phantom, roomId: hall }));
    await change(database, (store) => store.end("bridge", { userId: ghost, roomId: hall }));
    assert.deepEqual(await rooms(database, "bridge"), [hall]);
    await change(database, (store) => store.end("bridge", { userId: phantom, roomId: hall }));
    assert.deepEqual(await rooms(database, "bridge"), []);
    await change(database, (store) => store.begin("bridge", { userId: ghost, roomId: hall }));
    assert.deepEqual(await rooms(database, "bridge"), [hall]);
  },

  "events are found that came while one of its users was there, and no others": async (database) => {
    const at: number[] = [];
    const say = async (roomId = hall) => {
      await run(database, ({ events }) => events.append(storedEvent(roomId, alice), undefined));
      at.push(await position(database));
    };
    await run(database, (stores) => putRoom(stores, hall, alice));
    await run(database, (stores) => putRoom(stores, garden, alice));
    await say();
    await change(database, (store) => store.begin("bridge", { userId: ghost, roomId: hall }));
    await say();
    await say(garden);
    await say();
    await change(database, (store) => store.end("bridge", { userId: ghost, roomId: hall }));
    await say();
    const list = (since: number, upTo: number) =>
      read(database, (store) => store.listEventPositions("bridge", since, upTo));
    const [, second = 0, , fourth = 0, last = 0] = at;
    assert.deepEqual((await list(0, last)).sort(byNumber), [second, fourth]);
    assert.deepEqual(await list(second, last), [fourth]);
    assert.deepEqual(await list(second - 1, second), [second]);
    assert.deepEqual(await list(0, second - 1), []);
    await change(database, (store) => store.forgetEnded("bridge", last));
    assert.deepEqual(await list(0, last), []);
  },

  "S2: who shares a room with its joined users is found, now and at a position": async (database) => {
    await run(database, async (stores) => {
      await putRoom(stores, hall, alice, ghost);
      await putRoom(stores, garden, bob);
      await stores.appserviceMembers.begin("bridge", { userId: ghost, roomId: hall });
      // Invited only.
      await stores.appserviceMembers.begin("bridge", { userId: ghost, roomId: garden });
    });
    const before = await position(database);
    const sharing = async (when: number | "now") =>
      (await read(database, (store) => store.listSharing("bridge", [alice, bob, carol], when))).sort();
    const joined = async (when: number | "now") =>
      (await read(database, (store) => store.listJoinedRooms("bridge", [hall, garden], when))).sort();
    assert.deepEqual([await sharing("now"), await joined("now")], [[alice], [hall]]);
    await run(database, async (stores) => {
      await putMembership(stores, hall, carol, "join");
      await putMembership(stores, hall, alice, "leave", "join");
    });
    assert.deepEqual([await sharing("now"), await sharing(before)], [[carol], [alice]]);
    const present = async (when: number | "now") =>
      (await read(database, (store) => store.listPresent(hall, when))).sort();
    assert.deepEqual([await present("now"), await present(before)], [[ghost, carol].sort(), [alice, ghost]]);
    await run(database, async (stores) => {
      await putMembership(stores, hall, ghost, "leave", "join");
      await stores.appserviceMembers.end("bridge", { userId: ghost, roomId: hall });
    });
    assert.deepEqual([await sharing("now"), await joined("now")], [[], []]);
    assert.deepEqual([await sharing(before), await joined(before)], [[alice], [hall]]);
  },

  "of a large room everybody is found who is there": async (database) => {
    const users = Array.from({ length: 1234 }, (_, index) => userNamed(`u${index}`));
    await run(database, (stores) => putRoom(stores, hall, ...users));
    const before = await position(database);
    await run(database, async (stores) => {
      for (const user of users.slice(0, 700)) await putMembership(stores, hall, user, "leave", "join");
    });
    const present = (when: number | "now") => read(database, (store) => store.listPresent(hall, when));
    assert.deepEqual((await present("now")).sort(), users.slice(700).sort());
    assert.deepEqual((await present(before)).sort(), users.toSorted());
  },

  "who is joined or invited anywhere is listed page by page, and added once": async (database) => {
    await run(database, async (stores) => {
      await putRoom(stores, hall, alice, ghost);
      await putRoom(stores, garden, bob);
      await putMembership(stores, garden, ghost, "invite");
      await putMembership(stores, garden, carol, "leave", "invite");
    });
    const all = [
      { userId: alice, roomId: hall },
      { userId: bob, roomId: garden },
      { userId: ghost, roomId: garden },
      { userId: ghost, roomId: hall },
    ];
    assert.deepEqual(await read(database, (store) => store.listAll(undefined, 100)), all);
    assert.deepEqual(await read(database, (store) => store.listAll(undefined, 3)), all.slice(0, 3));
    assert.deepEqual(await read(database, (store) => store.listAll(all[2], 3)), all.slice(3));
    for (let round = 0; round < 2; round++) await change(database, (store) => store.addAll("bridge", all.slice(2)));
    assert.deepEqual(await rooms(database, "bridge"), [garden, hall]);
    await change(database, (store) => store.end("bridge", { userId: ghost, roomId: hall }));
    assert.deepEqual(await rooms(database, "bridge"), [garden]);
    await change(database, (store) => store.forgetAll("bridge"));
    assert.deepEqual(await rooms(database, "bridge"), []);
  },

  "a unit that fails changes nothing": async (database) => {
    await runAndFail(database.unitOfWork, async ({ appserviceMembers }) => {
      await appserviceMembers.begin("bridge", { userId: ghost, roomId: hall });
      await appserviceMembers.addAll("bridge", [{ userId: ghost, roomId: garden }]);
    });
    assert.deepEqual(await rooms(database, "bridge"), []);
  },

  "appservices and users may be named by any text": async (database) => {
    await change(database, async (store) => {
      for (const text of oddTexts) await store.begin(text, { userId: userNamed(text), roomId: hall });
    });
    for (const text of oddTexts) assert.deepEqual(await rooms(database, text), [hall]);
  },
});

type Store = Stores["appserviceMembers"];

function byNumber(one: number, other: number): number {
  return one - other;
}

function run<T>({ unitOfWork }: TestDatabase, work: (stores: Stores) => Promise<T>): Promise<T> {
  return unitOfWork.run("everything", work);
}

function change(database: TestDatabase, work: (store: Store) => Promise<void>): Promise<void> {
  return run(database, ({ appserviceMembers }) => work(appserviceMembers));
}

function read<T>({ snapshots }: TestDatabase, work: (store: Store) => Promise<T>): Promise<T> {
  return snapshots.read(({ appserviceMembers }) => work(appserviceMembers as Store));
}

async function rooms(database: TestDatabase, appserviceId: string): Promise<RoomId[]> {
  return (await read(database, (store) => store.listRooms(appserviceId, [hall, garden]))).sort();
}

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}
