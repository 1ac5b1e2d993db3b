import assert from "node:assert/strict";
import { contract } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { noon } from "./owners.ts";
import { append, message, names, otherRoom, read, room } from "./room-events.ts";

contract("eventTimes", {
  "the nearest come first, those of the very time among them": async (database) => {
    await append(database, ...[3, 1, 2, 5].map((time, depth) => at(String(time), time, depth)));
    assert.equal(await nearest(database, 2, "forward"), "2 3 5");
    assert.equal(await nearest(database, 2, "backward"), "2 1");
    assert.equal(await nearest(database, 4, "forward"), "5");
    assert.equal(await nearest(database, 4, "backward"), "3 2 1");
    assert.equal(await nearest(database, 6, "forward"), "");
    assert.equal(await nearest(database, 0, "backward"), "");
    assert.equal(await nearest(database, 0, "forward", 2), "1 2");
    assert.equal(await nearest(database, 6, "backward", 1), "5");
  },

  "those of one time are in topological order": async (database) => {
    await append(database, at("b", 1, 2), at("c", 1, 3), at("a", 1, 1), at("a later", 1, 1));
    assert.equal(await nearest(database, 1, "forward"), "a a later b c");
    assert.equal(await nearest(database, 1, "backward"), "c b a later a");
  },

  "other rooms have other times": async (database) => {
    await append(database, at("1", 1, 1), { ...at("2", 1, 1), roomId: otherRoom });
    assert.equal(await nearest(database, 1, "forward"), "1");
    assert.equal(
      names(await read(database, ({ eventTimes }) => eventTimes.listNearest(otherRoom, noon, "forward", 9))),
      "2",
    );
  },
});

function at(name: string, time: number, depth: number) {
  return message(name, { originServerTs: noon + time, depth });
}

async function nearest(
  database: TestDatabase,
  time: number,
  direction: "backward" | "forward",
  limit = 100,
): Promise<string> {
  const found = await read(database, ({ eventTimes }) => eventTimes.listNearest(room, noon + time, direction, limit));
  return names(found);
}
