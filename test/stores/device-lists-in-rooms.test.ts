import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { putMembership, putRoom } from "../support/stored-rooms.ts";
import { withDatabase } from "./contract.ts";
import { engines, type TestDatabase } from "./engines.ts";
import { userNamed } from "./owners.ts";

const users = ["alice", "bob", "carol", "dave", "erin"].map(userNamed);
const rooms = ["!a", "!b", "!c", "!d"] as RoomId[];
/** A room of strangers, in which a lot happens. */
const square = "!square" as RoomId;
const strangers = Array.from({ length: 90 }, (_, index) => userNamed(`stranger${index}`));

/** What may happen. `turn`: the user joins the room, or leaves it when it is there. */
type Step =
  | { readonly kind: "turn"; readonly user: number; readonly room: number }
  | { readonly kind: "public" | "own"; readonly user: number }
  | { readonly kind: "strangers move" | "strangers change"; readonly count: number };

const user = fc.nat(users.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("turn" as const), user, room: fc.nat(rooms.length - 1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("public" as const, "own" as const), user }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("strangers move" as const, "strangers change" as const),
      count: fc.constantFrom(1, strangers.length),
    }),
  },
);
/** Each inner list is one unit. */
const histories = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 });

const runs: Readonly<Record<string, number>> = { PostgreSQL: 8 };

for (const engine of engines) {
  test(`S2: whoever comes and goes, exactly the right users are changed and left, on ${engine.name}`, async () => {
    await withDatabase(engine, async (database) => {
      let round = 0;
      const property = fc.asyncProperty(histories, (history) => checkHistory(database, history, round++));
      await fc.assert(property, { numRuns: runs[engine.name] ?? 20 });
    });
  });
}

/** Who shares which rooms, and when whose devices changed. */
class Model {
  readonly #members = new Map<RoomId, Set<UserId>>();
  /** The number of the last unit that changed the user's devices. */
  readonly publicAt = new Map<UserId, number>();
  readonly ownAt = new Map<UserId, number>();
  /** After each unit: the pairs that share a room. */
  readonly #pairs: Set<string>[] = [new Set()];

  turn(user: UserId, room: RoomId): "join" | "leave" {
    const members = this.#members.getOrInsertComputed(room, () => new Set());
    if (!members.delete(user)) members.add(user);
    return members.has(user) ? "join" : "leave";
  }

  endUnit(): void {
    const pairs = [...this.#members.values()].flatMap((members) =>
      [...members].flatMap((one) => [...members].map((other) => `${one} ${other}`)),
    );
    this.#pairs.push(new Set(pairs));
  }

  /** What a user hears of, who has seen the first `seen` units. */
  heard(listener: UserId, seen: number): { changed: UserId[]; left: UserId[] } {
    const everybody = [...users, ...strangers].filter((user) => user !== listener).toSorted();
    const shared = (user: UserId) => this.#pairs[seen]?.has(`${listener} ${user}`) === true;
    const shares = (user: UserId) => this.#pairs.at(-1)?.has(`${listener} ${user}`) === true;
    const changedSince = (user: UserId) => (this.publicAt.get(user) ?? 0) > seen;
    const changed = everybody.filter((user) => shares(user) && (!shared(user) || changedSince(user)));
    if (changedSince(listener) || (this.ownAt.get(listener) ?? 0) > seen) changed.push(listener);
    return { changed: changed.toSorted(), left: everybody.filter((user) => shared(user) && !shares(user)) };
  }
}

/** Rounds use one database: the users of each are others'. */
async function checkHistory(database: TestDatabase, history: readonly Step[][], round: number): Promise<void> {
  const named = <Name extends string>(name: Name) => name.replace(/^([@!])/, `$1r${round}-`) as Name;
  const model = new Model();
  await database.unitOfWork.run("everything", async (stores) => {
    for (const room of [...rooms, square]) await putRoom(stores, named(room));
  });
  const positions = [await position(database)];
  for (const [index, steps] of history.entries()) {
    await runUnit(database, steps, index + 1, model, named);
    positions.push(await position(database));
    for (const [seen, since] of positions.entries()) {
      for (const listener of users) {
        const { changed, left } = await database.snapshots.read(({ deviceLists }) =>
          deviceLists.listChanges(named(listener), since),
        );
        const expected = model.heard(listener, seen);
        const found = { changed: changed.toSorted(), left: left.toSorted() };
        const wanted = { changed: expected.changed.map(named), left: expected.left.map(named) };
        assert.deepEqual(found, wanted, `${listener} since unit ${seen} of ${positions.length - 1}`);
      }
    }
  }
}

async function runUnit(
  database: TestDatabase,
  steps: readonly Step[],
  unit: number,
  model: Model,
  named: <Name extends string>(name: Name) => Name,
): Promise<void> {
  await database.unitOfWork.run("everything", async (stores) => {
    const turn = async (user: UserId, room: RoomId) => {
      const after = model.turn(user, room);
      const before = after === "join" ? "leave" : "join";
      // Where rooms are large, changes are looked at one by one; where they are small, members are.
      const joinedMembers = rooms.indexOf(room) < 2 ? 0 : 1000;
      await putMembership(stores, named(room), named(user), after, before, joinedMembers);
    };
    const change = async (user: UserId, audience: "public" | "own") => {
      (audience === "public" ? model.publicAt : model.ownAt).set(user, unit);
      await stores.deviceLists.recordChange(named(user), audience);
    };
    for (const step of steps) {
      if (step.kind === "turn") await turn(users[step.user] as UserId, rooms[step.room] as RoomId);
      else if (step.kind === "strangers move") {
        for (const stranger of strangers.slice(0, step.count)) await turn(stranger, square);
      } else if (step.kind === "strangers change") {
        for (const stranger of strangers.slice(0, step.count)) await change(stranger, "public");
      } else if (step.kind === "public" || step.kind === "own") {
        await change(users[step.user] as UserId, step.kind);
      }
    }
  });
  model.endUnit();
}

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}
