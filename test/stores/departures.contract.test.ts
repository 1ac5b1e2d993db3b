import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import { alice, bob } from "./owners.ts";

contract("departures", {
  "who departs is listed once, by user id, until the departure is done": async (database) => {
    const { unitOfWork, snapshots } = database;
    const departing = () => snapshots.read(({ departures }) => departures.listDepartures(10));
    for (const userId of [bob, alice, bob]) {
      await unitOfWork.run("everything", ({ departures }) => departures.add(userId));
    }
    assert.deepEqual(await departing(), [alice, bob]);
    assert.deepEqual(await snapshots.read(({ departures }) => departures.listDepartures(1)), [alice]);
    await runAndFail(unitOfWork, ({ departures }) => departures.remove(alice));
    await unitOfWork.run("everything", ({ departures }) => departures.remove(bob));
    assert.deepEqual(await departing(), [alice]);
  },
});
