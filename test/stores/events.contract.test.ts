import assert from "node:assert/strict";
import type { StreamPosition } from "../../src/domain/kernel/stream-position.ts";
import type { TimelinePlace } from "../../src/domain/rooms/event-store.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, noon } from "./owners.ts";
import { append, member, message, names, otherRoom, read, room, stateEvent } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

const end: TimelinePlace = { depth: 2 ** 53 - 1, position: 2 ** 53 - 1 };
const beginning: TimelinePlace = { depth: 0, position: 0 };
const always = { since: 0, upTo: 2 ** 53 - 1 };

contract("events", {
  "an event is found as it was appended, with its position": async (database) => {
    const event = stateEvent("1", "m.room.topic", "", { replaces: eventNamed("0"), depth: 2 ** 53 - 1 });
    await append(database, event);
    const { envelope, relation, head: _, sent: __, ...kept } = event;
    assert.equal(relation, undefined);
    const found = await find(database, "1");
    assert.deepEqual(found, { ...kept, position: await position(database), redactedBy: undefined });
    assert.equal(await read(database, ({ events }) => events.findEnvelope(event.eventId)), envelope);
    assert.equal(await find(database, "2"), undefined);
    assert.equal(await read(database, ({ events }) => events.findEnvelope(eventNamed("2"))), undefined);
  },

  "envelopes are listed by the ids of their events": async (database) => {
    const numbers = Array.from({ length: 200 }, (_, index) => String(index));
    await append(database, ...numbers.map((number) => message(number)));
    const list = (...of: string[]) => read(database, ({ events }) => events.listEnvelopes(of.map(eventNamed)));
    const found = await list(...numbers, "none");
    assert.deepEqual(found, new Map(numbers.map((number) => [eventNamed(number), `{"type":"${number}"}`])));
    assert.deepEqual(await list(), new Map());
  },

  "events are listed by their ids, each once": async (database) => {
    await append(database, message("1"), message("2"), message("3"));
    const list = (...ids: string[]) => read(database, ({ events }) => events.listEvents(ids.map(eventNamed)));
    assert.equal(sortedNames(await list("3", "unknown", "1", "3")), "1 3");
    assert.deepEqual(await list(), []);
  },

  "events of one unit take positions in their order, side by side with other changes": async (database) => {
    await append(database, message("1"), message("2"), message("3"), message("4"), message("5"));
    const positions = (await newest(database)).map((event) => event.position);
    const last = await position(database);
    assert.deepEqual(positions, [last, last - 1, last - 2, last - 3, last - 4]);
    assert.equal(names(await newest(database)), "5 4 3 2 1");
  },

  "nothing of an event is seen before its unit has ended": async (database) => {
    await database.unitOfWork.run("everything", async ({ events, memberships, roomState, rooms }) => {
      await rooms.add(room, "12");
      await events.append(...member("1", bob, undefined, "join"));
      assert.equal(await events.findEvent(eventNamed("1")), undefined);
      assert.equal(await memberships.findMember(bob, room), undefined);
      assert.deepEqual(await roomState.listCurrent(room, [["m.room.member", bob]]), []);
      assert.equal((await rooms.findRoom(room))?.eventPosition, 0);
    });
    assert.equal(names([(await find(database, "1"))!]), "1");
  },

  "a unit that fails appends nothing, and redacts nothing": async (database) => {
    await append(database, message("1"));
    const before = await position(database);
    await runAndFail(database.unitOfWork, async ({ events }) => {
      await events.append(...member("2", bob, undefined, "join"));
      await events.redact({ eventId: eventNamed("1"), redactedBy: eventNamed("2"), content: "{}", envelope: "{}" });
    });
    assert.equal(await find(database, "2"), undefined);
    assert.equal((await find(database, "1"))?.redactedBy, undefined);
    assert.equal(await position(database), before);
  },

  "units of many rooms that append at once each have what they appended": async (database) => {
    const rooms = Array.from({ length: 20 }, (_, index) => `!${index}` as typeof room);
    const work = rooms.map((roomId) =>
      database.unitOfWork.run({ exclusive: [roomId] }, async ({ events }) => {
        for (const name of ["1", "2", "3"]) await events.append(message(`${roomId} ${name}`, { roomId }), undefined);
        await events.append(...member(`${roomId} 4`, alice, undefined, "join", roomId));
      }),
    );
    await Promise.all(work);
    for (const roomId of rooms) {
      const found = await read(database, ({ events }) => events.listNewest(roomId, always, 10));
      assert.equal(names(found), ["4", "3", "2", "1"].map((name) => `${roomId} ${name}`).join(" "));
    }
    assert.equal((await read(database, ({ memberships }) => memberships.listRooms(alice))).length, 20);
  },

  "the newest of a range are listed, the newest first": async (database) => {
    await append(database, message("1"), message("2"), message("x", { roomId: otherRoom }), message("3"), message("4"));
    const [fourth, third, , first] = (await newest(database)).map((event) => event.position);
    assert.equal(names(await newest(database, { since: first!, upTo: third! }, 10)), "3 2");
    assert.equal(names(await newest(database, { since: 0, upTo: third! }, 2)), "3 2");
    assert.equal(names(await newest(database, { since: fourth!, upTo: 2 ** 53 - 1 })), "");
    assert.equal(names(await newest(database, always, 1)), "4");
  },

  "pages go in topological order: by depth, then by position": async (database) => {
    // 1 and 2 fork; 3 arrives late, but is older.
    const depths = { "1": 5, "2": 5, "3": 2, "4": 6, "5": 7 };
    await append(database, ...Object.entries(depths).map(([name, depth]) => message(name, { depth })));
    await append(database, message("other", { roomId: otherRoom, depth: 4 }));
    assert.equal(names(await page(database, end, "backward")), "5 4 2 1 3");
    assert.equal(names(await page(database, beginning, "forward")), "3 1 2 4 5");
    assert.equal(names(await page(database, end, "backward", 2)), "5 4");
    assert.equal(names(await page(database, beginning, "forward", 2)), "3 1");
    const between = await placeOf(database, "1");
    assert.equal(names(await page(database, between, "backward")), "1 3");
    assert.equal(names(await page(database, between, "forward")), "2 4 5");
    for (const name of Object.keys(depths)) {
      const place = await placeOf(database, name);
      const before = await page(database, place, "backward");
      const after = await page(database, place, "forward");
      assert.equal(names([...before.toReversed(), ...after]), "3 1 2 4 5");
    }
  },

  "the place at a position is behind the last event that had arrived": async (database) => {
    const placeAt = (at: StreamPosition) => read(database, ({ events }) => events.findPlaceAt(room, at));
    assert.deepEqual(await placeAt(1000), beginning);
    await append(database, message("1", { depth: 9 }), message("x", { roomId: otherRoom }), message("2", { depth: 3 }));
    const [one, two] = [await placeOf(database, "1"), await placeOf(database, "2")];
    assert.deepEqual(await placeAt(one.position - 1), beginning);
    assert.deepEqual(await placeAt(one.position), one);
    assert.deepEqual(await placeAt(two.position - 1), one);
    assert.deepEqual(await placeAt(two.position), two);
    assert.deepEqual(await placeAt(2 ** 53 - 1), two);
  },

  "timelines leave out what has no position, which is found by its id": async (database) => {
    await append(database, message("1", { depth: 1 }), stateEvent("2", "m.room.topic", "", { depth: 3 }));
    await database.tamper((session) =>
      session.run(
        "test.outlier",
        session.db.insertInto("events").values({
          ...{ event_id: "$outlier", room_id: room, position: null, depth: 2, type: "m.room.topic", state_key: "" },
          ...{ sender: bob, origin_server_ts: noon, content: "{}", envelope: "{}", state_before: null },
          ...{ state_after: null, replaces_event_id: null, is_outlier: 1, is_rejected: 0, is_soft_failed: 0 },
        }),
      ),
    );
    const outlier = await find(database, "outlier");
    assert.deepEqual([outlier?.position, outlier?.stateBefore, outlier?.stateAfter], [undefined, undefined, undefined]);
    assert.equal(names(await page(database, end, "backward")), "2 1");
    assert.equal(names(await page(database, beginning, "forward")), "1 2");
    assert.equal(names(await newest(database)), "2 1");
    assert.equal(names(await ofState(database)), "2");
    assert.equal(names(await arrived(database)), "1 2");
    assert.equal((await read(database, ({ events }) => events.findPlaceAt(room, 2 ** 52))).depth, 3);
  },

  "state events of a range are listed, the newest first": async (database) => {
    await append(
      database,
      ...[
        stateEvent("1", "m.room.topic"),
        message("2"),
        stateEvent("3", "m.room.topic"),
        stateEvent("4", "m.room.name"),
      ],
      stateEvent("other", "m.room.topic", "", { roomId: otherRoom }),
    );
    const { position: first } = await placeOf(database, "1");
    const { position: third } = await placeOf(database, "3");
    assert.equal(names(await ofState(database)), "4 3 1");
    assert.equal(names(await ofState(database, { since: first, upTo: third })), "3");
  },

  "what arrived in all rooms is listed in order": async (database) => {
    await append(database, message("1"), message("2", { roomId: otherRoom }), stateEvent("3", "m.room.topic"));
    const { position: first } = await placeOf(database, "1");
    assert.equal(names(await arrived(database)), "1 2 3");
    assert.equal(names(await arrived(database, first, first + 1)), "2");
    assert.equal(names(await arrived(database, 0, first + 2, 2)), "1 2");
  },

  "with an event goes what it relates to, until it is redacted": async (database) => {
    const reply = (name: string, relType: string, depth: number) =>
      message(name, { depth, relation: { parentId: eventNamed("parent"), relType } });
    await append(database, message("parent"), message("unrelated"), reply("1", "m.thread", 9), reply("2", "other", 3));
    assert.equal(await related(database, "parent"), "1 2");
    assert.equal(await related(database, "parent", "m.thread"), "1");
    await redact(database, "1");
    assert.equal(await related(database, "parent"), "2");
  },

  "a redacted event has what is left of it, and says by what it was redacted": async (database) => {
    await append(database, message("1"), message("2"));
    const [before, untouched] = [await find(database, "1"), await find(database, "2")];
    await redact(database, "1");
    assert.deepEqual(await find(database, "1"), { ...before, content: '{"left":1}', redactedBy: eventNamed("by") });
    assert.equal(await read(database, ({ events }) => events.findEnvelope(eventNamed("1"))), '{"left":"e"}');
    assert.deepEqual(await find(database, "2"), untouched);
  },

  "a stay begins when a user comes, and ends when the user goes": async (database) => {
    const become = (...changes: ReturnType<typeof member>[]) => append(database, ...changes);
    await become(member("1", bob, undefined, "invite"));
    assert.deepEqual(await stays(database, bob), []);
    await become(member("2", bob, "invite", "join"));
    await become(member("3", bob, "join", "join"));
    const joined = (await placeOf(database, "2")).position;
    assert.deepEqual(await stays(database, bob), [[joined, Number.MAX_SAFE_INTEGER]]);
    await become(member("4", bob, "join", "leave"));
    await become(member("5", bob, "leave", "ban"));
    const left = (await placeOf(database, "4")).position;
    assert.deepEqual(await stays(database, bob), [[joined, left]]);
    await become(member("6", bob, "ban", "join"), member("7", bob, "join", "leave"), member("8", bob, "leave", "join"));
    const [six, seven, eight] = await Promise.all(["6", "7", "8"].map((name) => placeOf(database, name)));
    const all = [
      [joined, left],
      [six!.position, seven!.position],
      [eight!.position, Number.MAX_SAFE_INTEGER],
    ];
    assert.deepEqual(await stays(database, bob), all);
    await become(member("9", bob, "join", "leave"), member("10", bob, "leave", "join"));
    const [nine, ten] = await Promise.all(["9", "10"].map((name) => placeOf(database, name)));
    const ended = [eight!.position, nine!.position];
    assert.deepEqual(await stays(database, bob), [...all.slice(0, 2), ended, [ten!.position, Number.MAX_SAFE_INTEGER]]);
    assert.deepEqual(await stays(database, alice), []);
  },

  "ids, types, keys, senders and contents may be any text": async (database) => {
    const appended = oddTexts.map((text, depth) =>
      stateEvent(text, text, text, {
        ...{ sender: text as UserId, content: JSON.stringify({ [text]: text }), envelope: JSON.stringify(text), depth },
        relation: { parentId: eventNamed(`${text} parent`), relType: text },
      }),
    );
    await append(database, ...appended);
    for (const { eventId: id, type, content, envelope, relation } of appended) {
      const found = await read(database, ({ events }) => events.findEvent(id));
      assert.deepEqual([found?.type, found?.stateKey, found?.sender, found?.content], [type, type, type, content]);
      assert.equal(await read(database, ({ events }) => events.findEnvelope(id)), envelope);
      assert.equal(await related(database, relation!.parentId.slice(1), relation!.relType), id.slice(1));
    }
  },
});

function find(database: TestDatabase, name: string) {
  return read(database, ({ events }) => events.findEvent(eventNamed(name)));
}

async function placeOf(database: TestDatabase, name: string): Promise<TimelinePlace> {
  const event = await find(database, name);
  assert.ok(event?.position !== undefined);
  return { depth: event.depth, position: event.position };
}

function newest(database: TestDatabase, range = always, limit = 100) {
  return read(database, ({ events }) => events.listNewest(room, range, limit));
}

function page(database: TestDatabase, from: TimelinePlace, direction: "backward" | "forward", limit = 100) {
  return read(database, ({ events }) => events.listPage(room, from, direction, limit));
}

function ofState(database: TestDatabase, range = always, limit = 500) {
  return read(database, ({ events }) => events.listStateEvents(room, range, limit));
}

function arrived(database: TestDatabase, since = 0, upTo = 2 ** 53 - 1, limit = 100) {
  return read(database, ({ events }) => events.listArrived(since, upTo, limit));
}

async function related(database: TestDatabase, parent: string, relType?: string): Promise<string> {
  const range = { direction: "backward", from: undefined, to: undefined } as const;
  const found = await read(database, ({ relations }) =>
    relations.listRelated({ roomId: room, eventIds: [eventNamed(parent)] }, { relType }, range, 10),
  );
  return names(found);
}

function redact({ unitOfWork }: TestDatabase, name: string): Promise<void> {
  const redacted = {
    eventId: eventNamed(name),
    redactedBy: eventNamed("by"),
    content: '{"left":1}',
    envelope: '{"left":"e"}',
  };
  return unitOfWork.run("everything", ({ events }) => events.redact(redacted));
}

async function stays(database: TestDatabase, userId: UserId): Promise<[number, number][]> {
  let found: { joined_at: number; left_at: number }[] = [];
  await database.tamper(async (session) => {
    const all = session.db.selectFrom("room_stays").select(["joined_at", "left_at"]).where("user_id", "=", userId);
    found = await session.all("test.stays", all.where("room_id", "=", room).orderBy("joined_at"));
  });
  return found.map((row) => [row.joined_at, row.left_at]);
}

function position(database: TestDatabase): Promise<StreamPosition> {
  return read(database, ({ stream }) => stream.findPosition());
}

function sortedNames(events: Parameters<typeof names>[0]): string {
  return names(events.toSorted((one, other) => (one.eventId < other.eventId ? -1 : 1)));
}
