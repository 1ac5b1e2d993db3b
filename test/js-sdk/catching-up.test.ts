import assert from "node:assert/strict";
import { test } from "node:test";
import { Direction, SyncState } from "matrix-js-sdk";
import { createEncryptedRoom, read, send } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();

test("a client that was offline reads what was said meanwhile, also what its timeline leaves out", async () => {
  const [alice, bob] = [await devices.newUser("alice"), await devices.newUser("bob")];
  const roomId = await createEncryptedRoom(alice, [bob]);
  await read(bob, roomId, await send(alice, roomId, "See you"));

  bob.wire.cut();
  await bob.until(() => bob.client.getSyncState() !== SyncState.Syncing);
  const laptop = await devices.anotherDevice("alice");
  const said = new Map<string, string>();
  for (let count = 1; count <= 30; count++) {
    const text = `message ${count}`;
    const sender = count % 2 === 0 ? alice : laptop;
    said.set(await send(sender, roomId, text), text);
  }

  bob.wire.mend();
  bob.client.retryImmediately();
  const [first, last] = [[...said.keys()][0]!, [...said.keys()].at(-1)!];
  assert.equal(await read(bob, roomId, last), "message 30");
  const room = bob.client.getRoom(roomId)!;
  assert.equal(room.findEventById(first), undefined, "the timeline is limited");
  const timeline = room.getLiveTimeline();
  while (room.findEventById(first) === undefined && timeline.getPaginationToken(Direction.Backward) !== null) {
    await bob.client.paginateEventTimeline(timeline, { backwards: true, limit: 12 });
  }
  for (const [eventId, text] of said) assert.equal(await read(bob, roomId, eventId), text);
});
