import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetUnusedLists } from "../../../src/domain/remote-device-lists/forget-unused-lists.ts";
import { noteUse } from "../../../src/domain/remote-device-lists/note-use.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { carol, OtherServer } from "./other-server.ts";
import { openFreshHouse, openRemoteHouse, type RemoteHouse } from "./remote-house.ts";

const day = 24 * 3600_000;

/** Tracks users of a server in one unit. */
function keep(house: RemoteHouse, count: number, server = "other.test"): Promise<void> {
  const known = { streamId: undefined, isFresh: false, followedUntil: undefined, attempts: 0, nextResyncAt: undefined };
  return house.unitOfWork.run("everything", async ({ remoteDeviceLists }) => {
    for (let n = 0; n < count; n++) {
      await remoteDeviceLists.put({ userId: `@u${n}:${server}` as UserId, ...known, usedAt: house.clock.now() });
    }
  });
}

test("S2: of one server 10,000 lists are kept, whatever it makes up, and of others as well", async (t) => {
  const house = await openRemoteHouse(t);
  await keep(house, 9_999);
  await house.track();
  assert.ok(await house.list());
  for (const n of [1, 2]) await house.track(`@more${n}:other.test` as UserId);
  assert.equal(await house.list("@more1:other.test" as UserId), undefined);
  await house.track("@more:third.test" as UserId);
  assert.ok(await house.list("@more:third.test" as UserId));
  await house.track();
  assert.equal((await house.rows("remote_device_lists")).length, 10_001);
});

test("S2: a list that nobody needs for 60 days is forgotten with its keys, and whoever hears of the user is told", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const before = await house.position();
  house.clock.advance(60 * day);
  await forgetUnusedLists(house);
  assert.ok(await house.list());
  assert.deepEqual(house.woken, []);
  house.clock.advance(1);
  await forgetUnusedLists(house);
  assert.equal(await house.list(), undefined);
  assert.deepEqual(await house.kept(), {});
  assert.equal(await house.hears(before), true);
  assert.ok(house.woken.length > 0);
  const after = await house.position();
  await forgetUnusedLists(house);
  await house.deliver(server.setDevice("PHONE", "p2"));
  assert.equal(await house.list(), undefined);
  assert.equal(await house.hears(after), false, "of who is not tracked nobody is told");
});

test("S2: who comes back after a list was forgotten is told of, also when no keys are left", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  house.clock.advance(60 * day + 1);
  await forgetUnusedLists(house);
  for (const id of ["PHONE", "LAPTOP"]) server.removeDevice(id);
  server.crossSigning.clear();
  const before = await house.position();
  await house.track();
  await house.fetchFrom(server);
  assert.equal(await house.hears(before), true);
});

test("S2: a list is needed when messages are exchanged and when it is asked for, noted once a day", async (t) => {
  const house = await openFreshHouse(t, new OtherServer());
  const begun = house.clock.now();
  const list = async () => (await house.list()) ?? assert.fail("it is forgotten");
  const needs = [() => house.track(), async () => noteUse(house, [await list()])];
  for (const [round, need] of needs.entries()) {
    const noted = (await list()).usedAt;
    house.clock.advance(day - 1);
    await need();
    assert.equal((await list()).usedAt, noted);
    house.clock.advance(1);
    await need();
    assert.equal((await list()).usedAt, begun + (round + 1) * day);
  }
  house.clock.advance(60 * day);
  await forgetUnusedLists(house);
  assert.deepEqual((await list()).isFresh, true);
  await noteUse(house, []);
});

test("S2: any number of lists is forgotten, and those that are needed stay", async (t) => {
  const house = await openRemoteHouse(t);
  await keep(house, 250);
  house.clock.advance(60 * day + 1);
  await house.track();
  await forgetUnusedLists(house);
  const left = await house.rows("remote_device_lists");
  assert.deepEqual(
    left.map(({ user_id }) => user_id),
    [carol],
  );
});

test("Q4: an answer that comes after its list was forgotten is not kept", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  house.clock.advance(60 * day + 1);
  await house.resync(async () => {
    await forgetUnusedLists(house);
    return server.answer(house.clock.now());
  });
  assert.equal(await house.list(), undefined);
  assert.deepEqual(await house.kept(), {});
});
