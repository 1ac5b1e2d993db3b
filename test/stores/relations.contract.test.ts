import assert from "node:assert/strict";
import type { RelationChoice, TimelineRange } from "../../src/domain/room-timelines/relation-store.ts";
import type { NewEvent } from "../../src/domain/rooms/event-store.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, carol, userNamed } from "./owners.ts";
import { append, message, names, otherRoom, read, room, stateEvent } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

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

  "threads are counted, with their last event in topological order": async (database) => {
    await append(database, message("a"), message("b"));
    await append(database, child("a1", "a", "m.thread", { depth: 3 }), child("a2", "a", "m.thread", { depth: 2 }));
    await append(database, child("a3", "a", "m.thread", { depth: 1, sender: bob }), child("a4", "a", "m.reference"));
    await append(database, child("b1", "b", "m.thread", { sender: bob }));
    await append(database, child("b2", "b", "m.thread", { roomId: otherRoom }));
    assert.equal(await threads(database, ["a", "b", "c"], []), "a: 3, last a1, own; b: 1, last b1");
    assert.equal(await threads(database, ["a", "b"], [alice]), "a: 1, last a3; b: 1, last b1");
    assert.equal(await threads(database, ["a", "b"], [bob, carol, userNamed("nobody")]), "a: 2, last a1, own");
    assert.equal(await threads(database, [], []), "");
  },

  "references are the newest, but for those of some users": async (database) => {
    await append(database, child("1", "a", "m.reference"), child("2", "b", "m.reference", { sender: bob }));
    await append(database, child("3", "a", "m.reference", { depth: 2 }), child("4", "a", "m.thread", { depth: 9 }));
    await append(database, child("5", "a", "m.reference", { roomId: otherRoom }));
    const references = async (ignored: (typeof alice)[], limit = 10) => {
      const of = eventsOf("a", "b", "c");
      const found = await read(database, ({ relations }) => relations.listReferences(of, ignored, limit));
      return found.map((pair) => `${nameOf(pair.parentId)}:${nameOf(pair.eventId)}`).join(" ");
    };
    assert.equal(await references([]), "a:3 b:2 a:1");
    assert.equal(await references([], 2), "a:3 b:2");
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
  },

  "annotations are those of one sender and type": async (database) => {
    await append(database, child("1", "a", "m.annotation"), child("2", "a", "m.annotation", { depth: 2 }));
    await append(database, child("3", "a", "m.annotation", { sender: bob }), child("4", "a", "m.reference"));
    await append(database, child("5", "b", "m.annotation"), child("6", "a", "m.annotation", { type: "m.other" }));
    const list = (limit: number) =>
      read(database, ({ relations }) => relations.listAnnotations(eventsOf("a"), alice, "m.room.message", limit));
    assert.equal(names(await list(10)), "2 1");
    assert.equal(names(await list(1)), "2");
  },

  "the events in a room's threads, the newest first, say which are the last of theirs": async (database) => {
    for (const [depth, root] of ["a", "b", "a", "c"].entries()) {
      await append(database, child(String(depth), root, "m.thread", { depth }));
    }
    await append(database, child("x", "a", "m.reference", { depth: 9 }));
    await append(database, child("y", "a", "m.thread", { depth: 9, roomId: otherRoom }));
    const list = async (limit: number, upTo?: { depth: number; position: number }) => {
      const found = await read(database, ({ relations }) => relations.listThreaded(room, upTo, limit));
      return found.map(({ rootId, place, isLast }) => `${nameOf(rootId)}${place.depth}${isLast ? "!" : ""}`).join(" ");
    };
    assert.equal(await list(10), "c3! a2! b1! a0");
    assert.equal(await list(2), "c3! a2!");
    assert.equal(await list(10, { depth: 1, position: Number.MAX_SAFE_INTEGER }), "b1! a0");
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

  "what stands beside the content of a redaction is read": async (database) => {
    await append(database, message("1", { envelope: '{"redacts":"$a"}' }), message("2", { envelope: '{"redacts":5}' }));
    const redacted = (...of: string[]) => read(database, ({ relations }) => relations.listRedacted(of.map(eventNamed)));
    assert.deepEqual([...(await redacted("1", "2", "3"))], [[eventNamed("1"), eventNamed("a")]]);
    assert.deepEqual([...(await redacted())], []);
  },

  "a redacted event no longer relates, and a unit that fails relates nothing": async (database) => {
    await append(database, child("1", "a", "x"), child("2", "a", "x"));
    const redactedBy = eventNamed("by");
    await database.unitOfWork.run("everything", ({ events }) =>
      events.redact({ eventId: eventNamed("1"), redactedBy, content: "{}", envelope: "{}" }),
    );
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
  const found = await read(database, ({ relations }) => relations.listEdits(eventsOf(...originals)));
  return found
    .map((pair) => `${nameOf(pair.parentId)}:${nameOf(pair.eventId)}`)
    .sort()
    .join(" ");
}

async function threads(database: TestDatabase, roots: string[], ignored: readonly (typeof alice)[]): Promise<string> {
  const found = await read(database, ({ relations }) => relations.listThreads(eventsOf(...roots), alice, ignored));
  return found
    .map(({ rootId, count, latestId, isOwn }) => {
      return `${nameOf(rootId)}: ${count}, last ${nameOf(latestId)}${isOwn ? ", own" : ""}`;
    })
    .sort()
    .join("; ");
}
