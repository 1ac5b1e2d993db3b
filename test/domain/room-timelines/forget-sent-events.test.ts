import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetSentEvents } from "../../../src/domain/room-timelines/forget-sent-events.ts";
import { openRoomOfAlice, say } from "./small-house.ts";

test("a transaction id is remembered for a day", async (t) => {
  const { house, roomId } = await openRoomOfAlice(t);
  const day = 24 * 3600_000;
  const first = await say(house, roomId, "1");
  house.clock.advance(day);
  const second = await say(house, roomId, "2");
  await forgetSentEvents(house);
  assert.equal(await say(house, roomId, "1"), first);
  house.clock.advance(1);
  await forgetSentEvents(house);
  assert.notEqual(await say(house, roomId, "1"), first);
  assert.equal(await say(house, roomId, "2"), second);
});

test("however many there are, all are forgotten", async (t) => {
  const { house, roomId } = await openRoomOfAlice(t);
  for (let n = 0; n < 501; n++) await say(house, roomId, `txn${n}`);
  assert.equal((await house.rows("sent_events")).length, 501);
  house.clock.advance(24 * 3600_000 + 1);
  await forgetSentEvents(house);
  assert.equal((await house.rows("sent_events")).length, 0);
});
