import assert from "node:assert/strict";
import fc from "fast-check";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { StateKey } from "../../src/domain/rooms/authorisation/auth-event.ts";
import type { Snapshot, StatePage } from "../../src/domain/rooms/room-state-store.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { append, message, names, otherRoom, read, room, stateEvent } from "./room-events.ts";
import { expectState, live } from "./room-histories.ts";
import { eventNamed, roomNamed } from "./room-ids.ts";

contract("roomState", {
  "the state in force is what was appended last at each place": async (database) => {
    await append(
      database,
      ...[stateEvent("1", "a", "x"), stateEvent("2", "a", "y"), stateEvent("3", "a", "x"), message("4")],
      ...[stateEvent("5", "b"), stateEvent("6", "a", "x", { roomId: otherRoom })],
    );
    await append(database, stateEvent("7", "b"));
    const current = async (...places: StateKey[]) =>
      names(await list(database, (state) => state.listCurrent(room, places)));
    assert.equal(await current(["a", "x"]), "3");
    assert.equal(await current(["a", "y"], ["b", ""], ["a", "z"], ["c", ""]), "2 7");
    assert.equal(await current(), "");
    const [found] = await list(database, (state) => state.listCurrent(room, [["a", "x"]]));
    assert.deepEqual(found, await read(database, ({ events }) => events.findEvent(eventNamed("3"))));
  },

  "a state after an event is listed in pages, whatever came after it": async (database) => {
    const places = ["a x", "a y", "b x", "c x", "c y", "d x"].map((place) => place.split(" ") as [string, string]);
    await append(database, ...places.map(([type, key]) => stateEvent(`${type}${key}`, type, key)));
    await append(database, stateEvent("other", "a", "w", { roomId: otherRoom }));
    const position = await read(database, ({ stream }) => stream.findPosition());
    // As many changes are in one snapshot as in another.
    await add(database, snapshot(1, undefined, 2), ["a", "x", "ax"], ["a", "y", "ax"], ["b", "x", "bx"]);
    await add(database, snapshot(2, 1, 6), ["a", "y", "ay"], ["c", "x", "cx"], ["c", "y", "cy"], ["d", "x", "dx"]);
    await append(database, stateEvent("new ax", "a", "x"), stateEvent("cw", "c", "w"), stateEvent("new cy", "c", "y"));
    await append(database, stateEvent("newest cy", "c", "y"), stateEvent("e", "e"));
    const walk = async (from: StateKey, until: string, limit: number, upTo = position) => {
      const pages: string[] = [];
      for (let next: StateKey | undefined = from; next; ) {
        const page: StatePage = await read(database, ({ roomState }) =>
          roomState.listPageAfter(
            { roomId: room, position: upTo, stateAfter: 2 },
            { from: next as StateKey, until },
            limit,
          ),
        );
        pages.push(names(page.events));
        next = page.next;
      }
      return pages.join(" | ");
    };
    assert.equal(await walk(["", ""], "z", 100), "ax ay bx cx cy dx");
    assert.equal(await walk(["", ""], "z", 8), "ax ay bx cx cy dx");
    assert.equal(await walk(["", ""], "z", 3), "ax ay bx | cx cy | dx");
    assert.equal(await walk(["a", "y"], "d", 100), "ay bx cx cy");
    assert.equal(await walk(["e", ""], "z", 100), "");
    assert.equal(await walk(["", ""], "z", 100, position + 100), "new ax ay bx cw cx newest cy dx e");
  },

  "a snapshot is found, in its own room": async (database) => {
    const [first, second] = [snapshot(1, undefined, 1), snapshot(2, 1, 2)];
    await add(database, first, ["a", "", "1"]);
    await add(database, second, ["b", "", "2"]);
    const find = (roomId: typeof room, id: number) =>
      read(database, ({ roomState }) => roomState.findSnapshot(roomId, id));
    assert.deepEqual(await find(room, 1), first);
    assert.deepEqual(await find(room, 2), second);
    assert.equal(await find(room, 3), undefined);
    assert.equal(await find(otherRoom, 1), undefined);
  },

  "an ancestor is found by its height": async (database) => {
    await add(database, snapshot(11, undefined, 1));
    await add(database, snapshot(12, 11, 4));
    await add(database, snapshot(13, 12, 6));
    const ancestor = (id: number, height: number) =>
      read(database, ({ roomState }) => roomState.findAncestor(room, id, height));
    const found = await Promise.all([1, 2, 4, 5, 6, 7].map((height) => ancestor(13, height)));
    assert.deepEqual(found, [11, undefined, 12, undefined, 13, undefined]);
    assert.equal(await ancestor(12, 6), undefined);
    assert.equal(await ancestor(14, 1), undefined);
  },

  "changes are listed from a snapshot down to a height, the newest first": async (database) => {
    await add(database, snapshot(1, undefined, 1), ["a", "", "1"]);
    await add(database, snapshot(2, 1, 2), ["b", "x", "2"], ["b", "y", "3"]);
    await add(database, snapshot(3, 2, 4), ["a", "", undefined]);
    // Of another branch.
    await add(database, snapshot(4, 2, 3), ["a", "", "4"]);
    const changes = async (id: number, above: number) => {
      const found = await read(database, ({ roomState }) => roomState.listChanges(room, id, above));
      const heights = found.map(({ height }) => height);
      assert.deepEqual(
        heights,
        heights.toSorted((one, other) => other - one),
      );
      return found.map(
        ({ type, stateKey, eventId: id_ = "-" as EventId, height }) => `${height}${type}${stateKey}${id_}`,
      );
    };
    assert.deepEqual(sorted(await changes(3, 0)), ["1a$1", "2bx$2", "2by$3", "4a-"]);
    assert.deepEqual(sorted(await changes(3, 1)), ["2bx$2", "2by$3", "4a-"]);
    assert.deepEqual(sorted(await changes(3, 2)), ["4a-"]);
    assert.deepEqual(sorted(await changes(4, 2)), ["3a$4"]);
  },

  "a snapshot's state is its parent's but for what it changes": async (database) => {
    const places = ["a", "b", "c"].map((type): StateKey => [type, ""]);
    await append(database, ...["1", "2", "3", "4"].map((name) => stateEvent(name, "t", name)));
    await add(database, snapshot(1, undefined, 1), ["a", "", "1"]);
    await add(database, snapshot(2, 1, 2), ["b", "", "2"]);
    await add(database, snapshot(3, 2, 3), ["b", "", "3"]);
    await add(database, snapshot(4, 3, 4), ["a", "", undefined]);
    await add(database, snapshot(5, 4, 5), ["a", "", "4"]);
    const expected = ["1", "1 2", "1 3", "3", "4 3"];
    for (const [index, state] of expected.entries()) {
      assert.equal(names(await list(database, (store) => store.listAt(room, index + 1, places))), state);
    }
    assert.equal(names(await list(database, (store) => store.listAt(room, 5, [["b", ""]]))), "3");
    assert.equal(names(await list(database, (store) => store.listAt(room, 6, places))), "");
    assert.equal(names(await list(database, (store) => store.listAt(otherRoom, 5, places))), "");
  },

  "random histories read back at every height as they were": async (database) => {
    const change = fc.record({ place: fc.nat(15), isRemoval: fc.boolean() });
    const histories = fc.array(change, { minLength: 1, maxLength: 70, size: "max" });
    let run = 0;
    const property = fc.asyncProperty(histories, async (history) => {
      const roomId = roomNamed(`${++run}`);
      const states = await live(database, roomId, history);
      for (const [index, state] of states.entries()) await expectState(database, roomId, index + 1, state);
    });
    await fc.assert(property, { numRuns: 6 });
  },

  "a unit that fails adds no snapshot": async (database) => {
    await runAndFail(database.unitOfWork, ({ roomState }) => {
      return roomState.addSnapshot(room, snapshot(1, undefined, 1), [
        { type: "a", stateKey: "", eventId: eventNamed("1") },
      ]);
    });
    assert.equal(await read(database, ({ roomState }) => roomState.findSnapshot(room, 1)), undefined);
    assert.deepEqual(await read(database, ({ roomState }) => roomState.listChanges(room, 1, 0)), []);
  },

  "types and state keys may be any text": async (database) => {
    await append(database, ...oddTexts.map((text) => stateEvent(text, text, text)));
    const changes = oddTexts.map((text): [string, string, string] => [text, text, text]);
    await add(database, snapshot(1, undefined, 1), ...changes);
    for (const text of oddTexts) {
      assert.equal(names(await list(database, (state) => state.listCurrent(room, [[text, text]]))), text);
      assert.equal(names(await list(database, (state) => state.listAt(room, 1, [[text, text]]))), text);
    }
  },
});

function snapshot(id: number, parentId: number | undefined, height: number): Snapshot {
  return { id, parentId, height };
}

function add(
  { unitOfWork }: TestDatabase,
  added: Snapshot,
  ...changes: (readonly [type: string, stateKey: string, event: string | undefined])[]
): Promise<void> {
  const made = changes.map(([type, stateKey, event]) => {
    return { type, stateKey, eventId: event === undefined ? undefined : eventNamed(event) };
  });
  return unitOfWork.run("everything", ({ roomState }) => roomState.addSnapshot(room, added, made));
}

function list<T>(database: TestDatabase, work: (state: Pick<Stores["roomState"], Listing>) => Promise<T>): Promise<T> {
  return read(database, ({ roomState }) => work(roomState));
}

type Listing = "listCurrent" | "listAt";

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted();
}
