import assert from "node:assert/strict";
import { test } from "node:test";
import type { SnapshotId, TimelineEvent } from "../../../src/domain/rooms/room-event.ts";
import { listVisible } from "../../../src/domain/rooms/visibility/list-visible.ts";
import type { EventId } from "../../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

const roomId = "!room" as RoomId;
const reader = "@reader:localhost" as UserId;
const other = "@other:localhost" as UserId;

/** A room in which one event after another happens, with the stores that a page of it is judged by. */
class SmallRoom {
  readonly events: TimelineEvent[] = [];
  reads = 0;
  /** Position of the reader's last join, and whether the stay was asked for. */
  #joinedAt: number | undefined;
  readonly #states = new Map<SnapshotId, Map<string, TimelineEvent>>([[0, new Map()]]);

  add(type: string, content: object = {}, stateKey?: string): TimelineEvent {
    const position = this.events.length + 1;
    const stateBefore = this.events.at(-1)?.stateAfter ?? 0;
    const event: TimelineEvent = {
      ...{ eventId: `$${position}` as EventId, roomId, type, stateKey, sender: other, originServerTs: 0 },
      ...{ content: JSON.stringify(content), depth: position, position, replaces: undefined, redactedBy: undefined },
      ...{ stateBefore, stateAfter: stateKey === undefined ? stateBefore : this.#states.size },
    };
    if (stateKey !== undefined) {
      this.#states.set(this.#states.size, new Map(this.#states.get(stateBefore)).set(`${type} ${stateKey}`, event));
    }
    this.events.push(event);
    return event;
  }

  show(visibility: string): void {
    this.add("m.room.history_visibility", { history_visibility: visibility }, "");
  }

  member(membership: string): void {
    const event = this.add("m.room.member", { membership }, reader);
    if (membership === "join") this.#joinedAt = event.position;
  }

  async seen(events = this.events): Promise<number[]> {
    this.reads = 0;
    const stores = {
      roomState: {
        listAt: async (_roomId: RoomId, id: SnapshotId, places: readonly (readonly [string, string])[]) => {
          this.reads++;
          return places.flatMap(([type, stateKey]) => this.#states.get(id)?.get(`${type} ${stateKey}`) ?? []);
        },
      },
      stays: {
        findLastStay: async () => {
          this.reads++;
          return this.#joinedAt === undefined ? undefined : { joinedAt: this.#joinedAt, leftAt: undefined };
        },
      },
    };
    const visible = await listVisible(stores as unknown as Parameters<typeof listVisible>[0], reader, roomId, events);
    return visible.map(({ position }) => position);
  }
}

test("a page of a hundred messages costs one read, for a member", async () => {
  const room = new SmallRoom();
  room.show("shared");
  room.member("join");
  const page = Array.from({ length: 100 }, () => room.add("m.room.message"));
  assert.equal((await room.seen(page)).length, 100);
  assert.equal(room.reads, 1);
});

test("a page of a hundred state events about others costs one read, in whatever order", async () => {
  const room = new SmallRoom();
  room.show("joined");
  room.member("join");
  const page = Array.from({ length: 100 }, (_, n) => room.add("m.room.member", { membership: "join" }, `@user${n}:x`));
  assert.equal((await room.seen(page.toReversed())).length, 100);
  assert.equal(room.reads, 1);
});

test("a page from before the reader joined costs two reads", async () => {
  const room = new SmallRoom();
  room.show("shared");
  const page = Array.from({ length: 100 }, () => room.add("m.room.message"));
  room.member("join");
  assert.equal((await room.seen(page)).length, 100);
  assert.equal(room.reads, 2);
});

test("the events of before the first state need no read", async () => {
  const room = new SmallRoom();
  room.add("m.room.create", {}, "");
  assert.deepEqual(await room.seen(), []);
  assert.equal(room.reads, 1, "the stay");
});

test("the order of a page stays, and nothing of another stretch is taken for the first", async () => {
  const room = new SmallRoom();
  room.show("joined"); // 1
  room.add("m.room.message"); // 2
  room.member("join"); // 3
  room.add("m.room.message"); // 4
  room.member("leave"); // 5
  room.add("m.room.message"); // 6
  room.show("world_readable"); // 7
  room.add("m.room.message"); // 8
  // The first is seen by the state before it, in which history was shared.
  assert.deepEqual(await room.seen(), [1, 3, 4, 5, 7, 8]);
  assert.deepEqual(await room.seen(room.events.toReversed()), [8, 7, 5, 4, 3, 1]);
  const gaps = room.events.filter(({ position }) => position % 2 === 0);
  assert.deepEqual(await room.seen(gaps), [4, 8]);
});
