import { test } from "node:test";
import { withDatabase } from "./contract.ts";
import { engines } from "./engines.ts";
import { room } from "./room-events.ts";
import { expectState, live } from "./room-histories.ts";

const inMemory = engines.find(({ name }) => name === "SQLite in memory")!;

test("a history that is longer than what one snapshot keeps reads back as it was", () =>
  withDatabase(inMemory, async (database) => {
    const history = Array.from({ length: 2100 }, (_, index) => ({ place: index % 1300, isRemoval: index % 7 === 0 }));
    const states = await live(database, room, history);
    for (const height of [1, 1023, 1024, 1025, 2047, 2048, 2049, 2100]) {
      await expectState(database, room, height, states[height - 1]!);
    }
  }));
