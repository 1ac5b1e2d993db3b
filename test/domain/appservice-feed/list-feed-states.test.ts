import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listFeedStates } from "../../../src/domain/appservice-feed/list-feed-states.ts";
import { noteFailure } from "../../../src/domain/appservice-feed/note-failure.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { noon } from "../../stores/owners.ts";
import { FeedHouse } from "./feed-house.ts";
import { appservicesOf, registration } from "./registrations.ts";

const nothing = {
  ...{ up: true, failingSince: undefined, lastError: undefined, nextAttemptAt: undefined },
  ...{ waiting: 0, transactionPending: false, oldestWaitingSince: undefined },
};

for (const engine of engines) {
  describe(`the states of feeds on ${engine.name}`, () => {
    test("tell what waits, since when, and how sending fares", () =>
      withDatabase(engine, async (database) => {
        const house = new FeedHouse(
          database,
          appservicesOf(registration("bridge"), registration("deaf", { url: undefined }), registration("other")),
        );
        const states = () => listFeedStates({ snapshots: database.snapshots, appservices: house.appservices });
        const other = { id: "other", isRegistered: true, ...nothing };
        assert.deepEqual(await states(), [{ id: "bridge", isRegistered: true, ...nothing }, other]);
        const ghost = await house.ghost();
        await house.queue(ghost, "{}", "{}");
        const [waits] = await states();
        assert.deepEqual(waits, { ...nothing, id: "bridge", isRegistered: true, waiting: 2, oldestWaitingSince: noon });

        const made = await house.next();
        await house.queue(ghost, "{}");
        const pending = { waiting: 1, transactionPending: true, oldestWaitingSince: made?.madeAt };
        assert.deepEqual((await states())[0], { id: "bridge", isRegistered: true, ...nothing, ...pending });

        // In the middle.
        const still = { bytes: (count: number) => Buffer.concat([Buffer.of(0x80), Buffer.alloc(count - 1)]) };
        const fail = (error: string) =>
          noteFailure({ ...house.database, clock: house.clock, random: still }, "bridge", error);
        const since = house.clock.now();
        assert.deepEqual(await fail("ECONNREFUSED"), { attempts: 1, pause: 1000 });
        house.clock.advance(1000);
        assert.deepEqual(await fail("status 500"), { attempts: 2, pause: 2000 });
        assert.deepEqual((await states())[0], {
          ...{ id: "bridge", isRegistered: true, ...pending, up: false },
          ...{ failingSince: since, lastError: "status 500", nextAttemptAt: since + 3000 },
        });
        await house.drain();
        assert.deepEqual(await states(), [{ id: "bridge", isRegistered: true, ...nothing }, other]);
      }));

    test("name appservices that were told something and are registered no more", () =>
      withDatabase(engine, async (database) => {
        const house = new FeedHouse(database);
        await house.next();
        await house.queue(await house.ghost(), "{}");
        const states = await listFeedStates({ snapshots: database.snapshots, appservices: appservicesOf() });
        assert.deepEqual(states, [
          { ...nothing, id: "bridge", isRegistered: false, waiting: 1, oldestWaitingSince: noon },
        ]);
      }));
  });
}

test("pauses double from 1 s to 5 min, a fifth more or less", () =>
  withDatabase(engines[1]!, async (database) => {
    const house = new FeedHouse(database);
    await house.next();
    const pausesWith = async (byte: number) => {
      const random = { bytes: (count: number) => Buffer.alloc(count, byte) };
      const pauses: number[] = [];
      for (let attempt = 0; attempt < 12; attempt++) {
        const noted = await noteFailure({ ...house.database, clock: house.clock, random }, "bridge", "e");
        pauses.push(noted.pause / 1000);
      }
      await house.change(({ appserviceFeeds }) => appserviceFeeds.removeFailure("bridge"));
      return pauses;
    };
    const doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300];
    assert.deepEqual(
      await pausesWith(0),
      doubled.map((pause) => pause * 0.8),
    );
    assert.deepEqual(
      await pausesWith(0xff),
      doubled.map((pause) => pause * 1.2),
    );
  }));
