import assert from "node:assert/strict";
import type { Reader, RelationChoice, TimelineRange } from "../../src/domain/room-timelines/relation-store.ts";
import { liveEnd } from "../../src/domain/room-timelines/timeline-places.ts";
import type { NewEvent } from "../../src/domain/rooms/event-store.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, carol, userNamed } from "./owners.ts";
import { append, message, names, otherRoom, read, room, stateEvent } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

const end = { depth: Number.MAX_SAFE_INTEGER, position: Number.MAX_SAFE_INTEGER };
const readerAlice: Reader = { userId: alice, ignored: [], upTo: undefined };
const all: TimelineRange = { direction: "backward", from: undefined, to: undefined };

contract("relations", {
  "replacements are by the sender and of the type, the newest three of each": async (database) => {
    await append(database, message("a"), message("b", { sender: bob }), message("c"), stateEvent("s", "m.topic"));
    for (const depth of [2, 5, 3, 4]) await append(database, child(`a${depth}`, "a", "m.replace", { depth }));
    await append(
      database,
      ...[child("b1", "b", "m.replace", { sender: bob }), child("b2", "b", "m.replace", { sender: carol })],
      ...[
        child("b3", "b", "m.replace", { sender: bob, type: "m.other" }),
        child("b4", "b", "m.thread", { sender: bob }),
      ],
      child("b5", "b", "m.replace", { sender: bob, roomId: otherRoom }),
    );
    assert.equal(await edits(database, "a", "b", "c", "none"), "a:a3 a:a4 a:a5 b:b1");
    assert.equal(await edits(database), "");
  },

  "what is told of up to a place is of what comes before it": async (database) => {
    await append(database, message("a"));
    for (const [depth, relType] of ["m.replace", "m.reference", "m.thread"].entries()) {
      const of = (name: string, at: number) => child(`${relType}${name}`, "a", relType, { depth: at });
      await append(database, of("1", depth), of("2", depth + 10), of("3", depth + 20));
    }
    const upTo = { depth: 9, position: Number.MAX_SAFE_INTEGER };
    const found = await read(database, async ({ relations }) => {
      const reader = { ...readerAlice, upTo };
      return [
        await relations.listEdits(eventsOf("a"), reader),
        await relations.listReferences(eventsOf("a"), reader, 10),
      ];
    });
    assert.deepEqual(
      found.map((pairs) => pairs.map(({ eventId }) => nameOf(eventId))),
      [["m.replace1"], ["m.reference1"]],
    );
    assert.equal(await threads(database, ["a"], { upTo }), "a: 1, last m.thread1, own");
    assert.equal(await threads(database, ["a"], { upTo: { depth: 1, position: 0 } }), "");
  },

  "threads are counted, with their last event in topological order": async (database) => {
    await append(database, message("a"), message("b"));
    await append(database, child("a1", "a", "m.thread", { depth: 3 }), child("a2", "a", "m.thread", { depth: 2 }));
    await append(database, child("a3", "a", "m.thread", { depth: 1, sender: bob }), child("a4", "a", "m.reference"));
    await append(database, child("b1", "b", "m.thread", { sender: bob }));
    await append(database, child("b2", "b", "m.thread", { roomId: otherRoom }));
    assert.equal(await threads(database, ["a", "b", "c"]), "a: 3, last a1, own; b: 1, last b1");
    // Whom one ignores may be oneself.
    assert.equal(await threads(database, ["a", "b"], { ignored: [alice] }), "a: 1, last a3, own; b: 1, last b1");
    const others = [bob, carol, userNamed("nobody")];
    assert.equal(await threads(database, ["a", "b"], { ignored: others }), "a: 2, last a1, own");
    assert.equal(await threads(database, []), "");
    const many = Array.from({ length: 500 }, (_, index) => userNamed(`nobody${index}`));
    const roots = Array.from({ length: 20 }, (_, index) => `none${index}`);
    assert.equal(await threads(database, [...roots, "a", "b"], { ignored: [bob, ...many] }), "a: 2, last a1, own");
  },

  "where a thread goes on, what comes before that is counted, as far as it is looked at": async (database) => {
    await append(database, message("a"), message("b"));
    for (const depth of [1, 2, 3, 4, 5, 6]) {
      const sender = depth === 3 || depth === 4 ? bob : alice;
      await append(database, child(`a${depth}`, "a", "m.thread", { depth, sender }));
    }
    await append(database, child("b1", "b", "m.thread", { depth: 1, sender: bob }));
    const upTo = { depth: 4, position: Number.MAX_SAFE_INTEGER };
    const roots = ["a", "b"];
    assert.equal(await threads(database, roots, { upTo }), "a: 4, last a4, own; b: 1, last b1");
    assert.equal(await threads(database, roots, { upTo }, 3), "a: 3, last a4, own; b: 1, last b1");
    assert.equal(await threads(database, roots, { upTo, ignored: [bob] }), "a: 2, last a2, own");
    assert.equal(await threads(database, roots, { upTo, ignored: [bob] }, 2), "");
    assert.equal(
      await threads(database, roots, { upTo: { depth: 6, position: upTo.position } }, 1),
      "a: 6, last a6, own; b: 1, last b1",
    );
  },

  "a thread is what is left of it, and none when nothing is": async (database) => {
    await append(database, message("a"), child("1", "a", "m.thread", { depth: 1, sender: bob }));
    await append(database, child("2", "a", "m.thread", { depth: 2 }), child("3", "a", "m.thread", { depth: 3 }));
    await append(database, child("x", "a", "m.reference", { depth: 4 }), child("4", "a", "m.thread", { depth: 5 }));
    const hasThread = () => read(database, ({ events }) => events.hasThread(room, eventNamed("a")));
    const left: [redacted: string, left: string, withoutBob: string][] = [
      ["x", "a: 4, last 4, own", "a: 3, last 4, own"],
      ["2", "a: 3, last 4, own", "a: 2, last 4, own"],
      ["4", "a: 2, last 3, own", "a: 1, last 3, own"],
      ["3", "a: 1, last 1", ""],
    ];
    for (const [name, all, withoutBob] of left) {
      await redact(database, name);
      assert.equal(await threads(database, ["a"]), all);
      assert.equal(await threads(database, ["a"], { ignored: [bob] }), withoutBob);
      assert.equal(await hasThread(), true);
    }
    await redact(database, "1");
    assert.equal(await threads(database, ["a"]), "");
    assert.equal(await hasThread(), false);
    await append(database, child("5", "a", "m.thread", { depth: 6 }));
    assert.equal(await threads(database, ["a"]), "a: 1, last 5, own");
  },

  "a unit that redacts from a thread and adds to it leaves it as long as it was": async (database) => {
    await append(database, child("1", "a", "m.thread", { depth: 1 }), child("2", "a", "m.thread", { depth: 2 }));
    await database.unitOfWork.run("everything", async ({ events }) => {
      await events.redact({ eventId: eventNamed("2"), redactedBy: eventNamed("by"), content: "{}", envelope: "{}" });
      for (const depth of [3, 5, 4]) await events.append(child(`${depth}`, "a", "m.thread", { depth }), undefined);
      await events.append(child("b", "b", "m.thread", { depth: 6 }), undefined);
    });
    assert.equal(await threads(database, ["a", "b"]), "a: 4, last 5, own; b: 1, last b, own");
  },

  "references are the newest of each, but for those of some users": async (database) => {
    await append(database, child("1", "a", "m.reference"), child("2", "b", "m.reference", { sender: bob }));
    await append(database, child("3", "a", "m.reference", { depth: 2 }), child("4", "a", "m.thread", { depth: 9 }));
    await append(database, child("5", "a", "m.reference", { roomId: otherRoom }));
    const references = async (ignored: (typeof alice)[], limit = 10) => {
      const of = eventsOf("a", "b", "c");
      const reader = { ...readerAlice, ignored };
      const found = await read(database, ({ relations }) => relations.listReferences(of, reader, limit));
      return found.map((pair) => `${nameOf(pair.parentId)}:${nameOf(pair.eventId)}`).join(" ");
    };
    assert.equal(await references([]), "a:3 a:1 b:2");
    assert.equal(await references([], 1), "a:3 b:2");
    assert.equal(await references([bob]), "a:3 a:1");
  },

  "what relates is listed by pages, of a kind and a type, in both directions": async (database) => {
    for (const [depth, relType] of ["x", "y", "x", "y", "x"].entries()) {
      await append(database, child(String(depth), "a", relType, { depth, type: depth < 3 ? "t" : "u" }));
    }
    await append(database, child("other", "b", "x", { depth: 9 }), child("far", "a", "x", { roomId: otherRoom }));
    const list = async (range: TimelineRange, only: RelationChoice = {}, limit = 10) =>
      names(await read(database, ({ relations }) => relations.listRelated(eventsOf("a"), only, range, limit)));
    const placeOf = async (name: string) => {
      const event = await read(database, ({ events }) => events.findEvent(eventNamed(name)));
      return { depth: event?.depth ?? 0, position: event?.position ?? 0 };
    };
    assert.equal(await list(all), "4 3 2 1 0");
    assert.equal(await list({ ...all, direction: "forward" }), "0 1 2 3 4");
    assert.equal(await list(all, { relType: "x" }), "4 2 0");
    assert.equal(await list(all, { relType: "x", type: "u" }), "4");
    assert.equal(await list(all, { type: "t" }), "2 1 0");
    assert.equal(await list(all, {}, 2), "4 3");
    const [early, late] = [await placeOf("1"), await placeOf("3")];
    assert.equal(await list({ direction: "backward", from: late, to: early }), "3 2");
    assert.equal(await list({ direction: "forward", from: early, to: late }), "2 3");
    const ofBoth = await read(database, ({ relations }) => relations.listRelated(eventsOf("a", "b"), {}, all, 2));
    assert.equal(names(ofBoth), "other 4");
    const ids = (only: RelationChoice, limit: number, ...parents: string[]) =>
      read(database, ({ relations }) => relations.listRelatedIds(eventsOf(...parents), only, limit));
    assert.deepEqual((await ids({ relType: "x" }, 2, "a", "b")).map(nameOf), ["other", "4"]);
    assert.deepEqual(await ids({}, 2), []);
    assert.deepEqual(await ids({}, 0, "a"), []);
  },

  "of what relates to very many events the nearest is listed, of each no more than there is room for": async (
    database,
  ) => {
    const parents = Array.from({ length: 150 }, (_, index) => `p${index}`);
    // In turns: the nearest are those of all parents, in no order of the parents.
    const children = Array.from({ length: 300 }, (_, index) =>
      child(`${index + 1}`, `p${(index * 7) % 150}`, "x", { depth: index + 1 }),
    );
    await append(database, ...children, ...["u", "v", "w"].map((name) => child(name, "p149", "x", { depth: 150 })));
    const list = (range: TimelineRange, limit: number) =>
      read(database, ({ relations }) => relations.listRelated(eventsOf(...parents), {}, range, limit));
    const newest = await list(all, 100);
    assert.deepEqual(
      newest.map(({ depth }) => depth),
      Array.from({ length: 100 }, (_, index) => 300 - index),
    );
    const next = { depth: 201, position: newest.at(-1)!.position - 1 };
    assert.equal(names(await list({ ...all, from: next }, 3)), "200 199 198");
    assert.equal(names(await list({ ...all, direction: "forward" }, 4)), "1 2 3 4");
    const middle = { depth: 150, position: 0 };
    assert.equal(names(await list({ direction: "forward", from: middle, to: undefined }, 5)), "150 u v w 151");
    assert.equal(
      names(await list({ direction: "backward", from: undefined, to: { depth: 298, position: 0 } }, 9)),
      "300 299 298",
    );
    const ids = await read(database, ({ relations }) => relations.listRelatedIds(eventsOf(...parents), {}, 1000));
    assert.equal(new Set(ids).size, 303);
  },

  "an annotation is the same by its event, sender, type and key, however long that is": async (database) => {
    const long = "k".repeat(60_000);
    const annotation = (name: string, key: string | undefined, differences: Partial<NewEvent> = {}) =>
      message(name, { relation: { parentId: eventNamed("a"), relType: "m.annotation", key }, ...differences });
    await append(database, annotation("1", "x"), annotation("2", long), annotation("3", undefined));
    await append(database, annotation("4", "y", { roomId: otherRoom }), annotation("5", "z", { sender: bob }));
    const one = { roomId: room, eventId: eventNamed("a"), sender: alice, type: "m.room.message", key: "x" };
    const has = (differences: Partial<typeof one>) =>
      read(database, ({ relations }) => relations.hasAnnotation({ ...one, ...differences }));
    for (const differences of [{}, { key: long }, { key: "z", sender: bob }, { key: "y", roomId: otherRoom }]) {
      assert.equal(await has(differences), true);
    }
    const others = [{ key: "" }, { key: `${long}k` }, { key: "y" }, { key: "z" }, { sender: bob }, { type: "m.other" }];
    for (const differences of [...others, { eventId: eventNamed("b") }]) {
      assert.equal(await has(differences), false);
    }
    await redact(database, "1");
    assert.equal(await has({}), false);
  },

  "the threads of a room are listed by their last events, the newest first": async (database) => {
    for (const [depth, root] of ["a", "b", "a", "c"].entries()) {
      await append(database, child(String(depth), root, "m.thread", { depth }));
    }
    await append(database, child("x", "a", "m.reference", { depth: 9 }));
    await append(database, child("y", "a", "m.thread", { depth: 9, roomId: otherRoom }));
    const list = async (limit: number, from = end) => {
      const found = await read(database, ({ relations }) => relations.listNewestThreads(room, from, limit));
      return found.map(({ rootId, place }) => `${nameOf(rootId)}${place.depth}`).join(" ");
    };
    assert.equal(await list(10), "c3 a2 b1");
    assert.equal(await list(2), "c3 a2");
    assert.equal(await list(10, { ...end, depth: 1 }), "b1");
    await redact(database, "2");
    assert.equal(await list(10), "c3 b1 a0");
  },

  "the events in a room's threads, the newest first, say which are the last of theirs": async (database) => {
    for (const [depth, root] of ["a", "b", "a", "c"].entries()) {
      await append(database, child(String(depth), root, "m.thread", { depth }));
    }
    await append(database, child("x", "a", "m.reference", { depth: 9 }));
    await append(database, child("y", "a", "m.thread", { depth: 9, roomId: otherRoom }));
    const list = async (limit: number, from = end, upTo = end) => {
      const found = await read(database, ({ relations }) => relations.listThreaded(room, from, upTo, limit));
      return found.map(({ rootId, place, isLast }) => `${nameOf(rootId)}${place.depth}${isLast ? "!" : ""}`).join(" ");
    };
    assert.equal(await list(10), "c3! a2! b1! a0");
    assert.equal(await list(2), "c3! a2!");
    const early = { ...end, depth: 1 };
    assert.equal(await list(10, early), "b1! a0");
    assert.equal(await list(10, early, early), "b1! a0!");
  },

  "those that relate to another event are told from others": async (database) => {
    await append(database, message("a"), child("1", "a", "x"), child("2", "a", "y"));
    await append(database, child("3", "a", "x", { roomId: otherRoom }));
    const found = await read(database, ({ relations }) => relations.listRelating(eventsOf("a", "1", "2", "3", "4")));
    assert.deepEqual(found.map(nameOf).sort(), ["1", "2"]);
    assert.deepEqual(await read(database, ({ relations }) => relations.listRelating(eventsOf())), []);
  },

  "those that others of the room relate to are told from others": async (database) => {
    await append(database, message("a"), child("1", "a", "x"), child("2", "a", "y"), child("3", "2", "x"));
    await append(database, message("b"), child("4", "b", "x", { roomId: otherRoom }));
    const parents = (...of: string[]) => read(database, ({ relations }) => relations.listParents(eventsOf(...of)));
    assert.deepEqual((await parents("a", "1", "2", "3", "4", "b")).map(nameOf).sort(), ["2", "a"]);
    const elsewhere = { ...eventsOf("a", "b"), roomId: otherRoom };
    const both = await read(database, ({ relations }) =>
      Promise.all([relations.listParents(eventsOf("a", "b")), relations.listParents(elsewhere)]),
    );
    assert.deepEqual(both, [[eventNamed("a")], [eventNamed("b")]]);
    assert.deepEqual(await parents(), []);
    const many = Array.from({ length: 300 }, (_, index) => `none${index}`);
    assert.deepEqual((await parents(...many, "2")).map(nameOf), ["2"]);
  },

  "events are told by who relates to them, and how: one event must do both": async (database) => {
    await append(database, message("a"), message("b"), message("c"), message("d"));
    await append(database, child("1", "a", "x"), child("2", "a", "y", { sender: bob }), child("3", "b", "x"));
    await append(database, child("4", "c", "x", { roomId: otherRoom }), child("5", "d", "z", { sender: carol }));
    const list = async (senders: readonly string[] | undefined, relTypes: readonly string[] | undefined) => {
      const of = eventsOf("a", "b", "c", "d", "1", "none");
      const found = await read(database, ({ relations }) =>
        relations.listRelatedBy(of, { senders, relTypes }, liveEnd),
      );
      return found.map(nameOf).sort().join(" ");
    };
    assert.equal(await list(undefined, ["x"]), "a b");
    assert.equal(await list(undefined, ["y", "z"]), "a d");
    assert.equal(await list([alice], undefined), "a b");
    assert.equal(await list([bob, carol, userNamed("nobody")], undefined), "a d");
    assert.equal(await list([bob], ["y"]), "a");
    assert.equal(await list([bob], ["x"]), "", "bob and x are in two events");
    assert.equal(await list([alice, bob], ["x", "z"]), "a b");
    assert.deepEqual([await list([], undefined), await list(undefined, []), await list([], ["x"])], ["", "", ""]);
    const none = await read(database, ({ relations }) =>
      relations.listRelatedBy(eventsOf(), { senders: [alice], relTypes: ["x"] }, liveEnd),
    );
    assert.deepEqual(none, []);
  },

  "what relates to an event after a place does not count": async (database) => {
    await append(database, message("a"), message("b"));
    await append(database, child("1", "a", "x", { depth: 2 }), child("2", "b", "x", { depth: 3 }));
    await append(database, child("3", "a", "y", { depth: 4, sender: bob }));
    const place = async (name: string) => {
      const event = await read(database, ({ events }) => events.findEvent(eventNamed(name)));
      return { depth: event?.depth ?? 0, position: event?.position ?? 0 };
    };
    const list = async (last: string, by: { senders?: string[]; relTypes?: string[] }) => {
      const [end, { senders, relTypes }] = [await place(last), by];
      const of = eventsOf("a", "b");
      const found = await read(database, ({ relations }) => relations.listRelatedBy(of, { senders, relTypes }, end));
      return found.map(nameOf).sort().join(" ");
    };
    for (const by of [{ senders: [alice] }, { relTypes: ["x", "y"] }, { senders: [alice, bob], relTypes: ["x"] }]) {
      assert.deepEqual([await list("a", by), await list("1", by), await list("2", by)], ["", "a", "a b"]);
    }
    assert.deepEqual([await list("2", { senders: [bob] }), await list("3", { senders: [bob] })], ["", "a"]);
  },

  "many events are told by many who might relate to them": async (database) => {
    const numbers = Array.from({ length: 300 }, (_, index) => String(index));
    await append(database, ...numbers.map((number) => message(`p${number}`)));
    await append(database, child("c7", "p7", "x9"), child("c299", "p299", "x0", { sender: bob }));
    const senders = [...numbers.slice(0, 48).map((number) => userNamed(`nobody${number}`)), alice, bob];
    const relTypes = numbers.slice(0, 10).map((number) => `x${number}`);
    const of = eventsOf(...numbers.map((number) => `p${number}`));
    const found = await read(database, ({ relations }) => relations.listRelatedBy(of, { senders, relTypes }, liveEnd));
    assert.deepEqual(found.map(nameOf).sort(), ["p299", "p7"]);
  },

  "what stands beside the content of a redaction is read": async (database) => {
    await append(database, message("1", { envelope: '{"redacts":"$a"}' }), message("2", { envelope: '{"redacts":5}' }));
    const redacted = (...of: string[]) => read(database, ({ relations }) => relations.listRedacted(of.map(eventNamed)));
    assert.deepEqual([...(await redacted("1", "2", "3"))], [[eventNamed("1"), eventNamed("a")]]);
    assert.deepEqual([...(await redacted())], []);
  },

  "a redacted event no longer relates, and a unit that fails relates nothing": async (database) => {
    await append(database, child("1", "a", "x"), child("2", "a", "x"));
    await redact(database, "1");
    await runAndFail(database.unitOfWork, ({ events }) => events.append(child("3", "a", "x"), undefined));
    assert.equal(names(await read(database, ({ relations }) => relations.listRelated(eventsOf("a"), {}, all, 9))), "2");
  },
});

function child(name: string, parent: string, relType: string, differences: Partial<NewEvent> = {}): NewEvent {
  return message(name, { relation: { parentId: eventNamed(parent), relType }, ...differences });
}

function eventsOf(...parents: string[]) {
  return { roomId: room, eventIds: parents.map(eventNamed) };
}

function nameOf(eventId: EventId): string {
  return eventId.slice(1);
}

async function edits(database: TestDatabase, ...originals: string[]): Promise<string> {
  const found = await read(database, ({ relations }) => relations.listEdits(eventsOf(...originals), readerAlice));
  return found
    .map((pair) => `${nameOf(pair.parentId)}:${nameOf(pair.eventId)}`)
    .sort()
    .join(" ");
}

async function threads(
  database: TestDatabase,
  roots: string[],
  differences: Partial<Reader> = {},
  mostCounted = 100,
): Promise<string> {
  const reader = { ...readerAlice, ...differences };
  const found = await read(database, ({ relations }) => relations.listThreads(eventsOf(...roots), reader, mostCounted));
  return found
    .map(({ rootId, count, latestId, isOwn }) => {
      return `${nameOf(rootId)}: ${count}, last ${nameOf(latestId)}${isOwn ? ", own" : ""}`;
    })
    .sort()
    .join("; ");
}

function redact({ unitOfWork }: TestDatabase, name: string): Promise<void> {
  const redacted = { eventId: eventNamed(name), redactedBy: eventNamed("by"), content: "{}", envelope: "{}" };
  return unitOfWork.run("everything", ({ events }) => events.redact(redacted));
}
