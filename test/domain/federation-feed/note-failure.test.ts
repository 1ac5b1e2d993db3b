import assert from "node:assert/strict";
import { test } from "node:test";
import { noteFailure } from "../../../src/domain/federation-feed/note-failure.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { DestinationHouse, there, unreachable } from "./destination-house.ts";

test("pauses double from 1 s to an hour, a fifth more or less", () =>
  withDatabase(engines[1]!, async (database) => {
    const house = new DestinationHouse(database);
    await house.queue(1);
    const made = await house.nextMade();
    const pausesWith = async (byte: number) => {
      const deps = { ...house.deps, random: { bytes: (count: number) => Buffer.alloc(count, byte) } };
      const pauses: number[] = [];
      for (let attempt = 0; attempt < 15; attempt++) {
        pauses.push((await noteFailure(deps, there, made, unreachable)).pause);
      }
      await house.change(({ destinations }) => destinations.removeFailure(there));
      return pauses;
    };
    const doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600];
    assert.deepEqual(
      await pausesWith(0),
      doubled.map((seconds) => seconds * 800),
    );
    assert.deepEqual(
      await pausesWith(0xff),
      doubled.map((seconds) => seconds * 1200),
    );
  }));
