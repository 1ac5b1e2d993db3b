import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyDeviceListUpdate } from "../../../src/domain/remote-device-lists/apply-updates.ts";
import { parseEdu } from "../../../src/protocol/federation/edu.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { alice, bob, deviceOf, laptop, phone, userNamed } from "../../stores/owners.ts";
import { appservicesOf, registration } from "../appservice-feed/registrations.ts";
import { DestinationHouse, type Edu, edusOf, there } from "./destination-house.ts";

const deviceUpdate = "m.device_list_update";

for (const engine of engines) {
  describe(`transactions for other servers on ${engine.name}`, () => {
    const onHouse = (name: string, body: (house: DestinationHouse) => Promise<void>, appservices = appservicesOf()) =>
      test(name, () => withDatabase(engine, (database) => body(new DestinationHouse(database, appservices))));

    onHouse("a transaction says who sends it and when, and has no PDUs", async (house) => {
      await house.queue(1);
      const made = await house.nextMade();
      const { edus, ...rest } = JSON.parse(made.body);
      assert.deepEqual(rest, { origin: "example.org", origin_server_ts: house.clock.now(), pdus: [] });
      assert.deepEqual(edus, [{ edu_type: "m.direct_to_device", content: { n: 0, filler: "" } }]);
      assert.match(made.id, /^[\w-]{22}$/);
      assert.equal(await house.next(made.id), undefined);
    });

    onHouse("one that was made is the next one until it is taken, whatever comes after it", async (house) => {
      await house.queue(1);
      const first = await house.nextMade();
      await house.queue(1, { from: 1 });
      assert.deepEqual(await house.next(), first);
      const second = await house.nextMade(first.id);
      assert.notEqual(second.id, first.id);
      // As after a commit of which nobody heard.
      assert.deepEqual(await house.next(first.id), second);
      assert.equal(await house.next(second.id), undefined);
    });

    onHouse("X6: 250 messages are three transactions, in order", async (house) => {
      await house.queue(250);
      const edus = await house.drain();
      assert.deepEqual(
        edus.map(({ length }) => length),
        [100, 100, 50],
      );
      const numbers = edus.flat().map(({ content }) => content.n);
      assert.deepEqual(
        numbers,
        Array.from({ length: 250 }, (_, n) => n),
      );
    });

    onHouse("a transaction has at most 512 KiB of EDUs, and at least one", async (house) => {
      await house.queue(3, { filler: "\u9375".repeat(100_000) });
      await house.queue(2, { filler: "\u9375".repeat(200_000) });
      const sizes = (await house.drain()).map(({ length }) => length);
      assert.deepEqual(sizes, [1, 1, 1, 1, 1]);
    });

    onHouse("E5: after a restore a server is told of each of 250 users, one without devices too", async (house) => {
      const users = Array.from({ length: 250 }, (_, n) => userNamed(`user${n}`));
      await house.change(async ({ destinations }) => {
        for (const userId of users) await destinations.putToldStreamId(there, userId, 1);
      });
      for (const userId of users.slice(1)) await house.device({ userId, deviceId: phone.deviceId });
      await house.change(({ federationQueue }) => federationQueue.noteAllTold());
      const edus = (await house.drain()).flat();
      assert.deepEqual(new Set(edus.map(({ content }) => content.user_id)), new Set(users));
      assert.equal(edus.length, users.length);
      for (const { edu_type: type, content } of edus) {
        assert.deepEqual([type, content.prev_id], [deviceUpdate, [1]]);
        assert.equal(content.deleted, content.user_id === users[0] ? true : undefined);
      }
    });

    onHouse("X6: a device that changes a hundred times is told once, as it is then", async (house) => {
      await house.listen(alice);
      for (let change = 0; change < 100; change++) {
        await house.device(phone, `C${change}`, "Phone");
        await house.announce(alice, phone.deviceId);
      }
      const [edus = [], ...more] = await house.drain();
      assert.deepEqual(more, []);
      const [{ edu_type: type, content } = assert.fail("nothing was told"), ...others] = edus;
      assert.deepEqual(others, []);
      assert.equal(type, deviceUpdate);
      const { stream_id: streamId, ...told } = content;
      assert.ok(Number.isSafeInteger(streamId));
      assert.deepEqual(told, {
        ...{ user_id: alice, device_id: "PHONE", prev_id: [], device_display_name: "Phone" },
        keys: {
          ...{ user_id: alice, device_id: "PHONE", algorithms: [], signatures: {} },
          keys: { "curve25519:PHONE": "C99" },
        },
      });
    });

    onHouse(
      "X6: each update of a user names the one before it, in a transaction and from one to the next",
      async (house) => {
        for (const owner of [phone, laptop, deviceOf(bob, "PHONE")]) await house.device(owner);
        await house.listen(alice);
        await house.listen(bob);
        await house.announce(alice, phone.deviceId, laptop.deviceId);
        await house.announce(bob, phone.deviceId);
        const first = (await house.drain()).flat().map(({ content }) => content);
        await house.announce(bob, phone.deviceId);
        await house.announce(alice, phone.deviceId);
        const all = [...first, ...(await house.drain()).flat().map(({ content }) => content)];
        assert.equal(all.length, 5);
        for (const user of [alice, bob]) {
          const ofUser = all.filter(({ user_id: owner }) => owner === user);
          const previous = ofUser.slice(0, -1).map(({ stream_id: streamId }) => [streamId]);
          assert.deepEqual(
            ofUser.map(({ prev_id: previousIds }) => previousIds),
            [[], ...previous],
          );
          assert.deepEqual(
            ofUser.map(({ stream_id: streamId }) => streamId),
            ofUser.map(({ stream_id: streamId }) => streamId).toSorted((one, other) => one - other),
          );
        }
      },
    );

    onHouse("X6: what the server has fetched is the one before the next update", async (house) => {
      await house.device(phone);
      await house.listen(alice);
      await house.announce(alice, phone.deviceId);
      await house.drain();
      await house.announce(alice, phone.deviceId);
      const fetched = await house.change(async ({ stream, destinations, federationQueue }) => {
        const position = await stream.findPosition();
        await destinations.putToldStreamId(there, alice, position);
        await federationQueue.removeChangesOf(there, alice, position);
        return position;
      });
      assert.deepEqual(await house.drain(), []);
      await house.announce(alice, phone.deviceId);
      const [[update] = []] = await house.drain();
      assert.deepEqual(update?.content.prev_id, [fetched]);
    });

    onHouse("S4, X6: a device that has gone is told as deleted, one without keys by its name", async (house) => {
      await house.device(phone, "C", "Phone");
      await house.device(laptop, "C", "Laptop");
      await house.listen(alice);
      await house.announce(alice, phone.deviceId, laptop.deviceId);
      await house.change(async ({ deviceKeys, devices }) => {
        await deviceKeys.remove(phone);
        await devices.remove(phone);
        await deviceKeys.remove(laptop);
      });
      const told = (await house.drain()).flat().map(({ content }) => content);
      const [gone, bare] = told.map(({ user_id: _, stream_id: __, prev_id: ___, ...update }) => update);
      assert.deepEqual(gone, { device_id: "PHONE", deleted: true });
      assert.deepEqual(bare, { device_id: "LAPTOP", device_display_name: "Laptop" });
    });

    onHouse("Q3: cross-signing keys are told without the user-signing key", async (house) => {
      await house.listen(alice);
      await house.change(async ({ crossSigningKeys }) => {
        for (const usage of ["master", "self_signing", "user_signing"] as const) {
          const json = JSON.stringify({ user_id: alice, usage: [usage], keys: { [`ed25519:${usage}`]: usage } });
          await crossSigningKeys.put(alice, { usage, publicKey: usage, json }, json);
        }
      });
      await house.announce(alice, "cross-signing keys");
      const key = (usage: string) => ({ user_id: alice, usage: [usage], keys: { [`ed25519:${usage}`]: usage } });
      assert.deepEqual(await house.drain(), [
        [
          {
            edu_type: "m.signing_key_update",
            content: { user_id: alice, master_key: key("master"), self_signing_key: key("self_signing") },
          },
        ],
      ]);
    });

    onHouse("X6: devices are told before messages, however many there are", async (house) => {
      await house.listen(alice);
      const devices = Array.from({ length: 150 }, (_, n) => deviceOf(alice, `D${n}`));
      await house.queue(30);
      for (const owner of devices) await house.device(owner);
      await house.announce(alice, ...devices.map(({ deviceId }) => deviceId));
      const types = (await house.drain()).map((edus) => edus.map(({ edu_type: type }) => type));
      assert.deepEqual(types, [
        Array<string>(100).fill(deviceUpdate),
        [...Array<string>(50).fill(deviceUpdate), ...Array<string>(30).fill("m.direct_to_device")],
      ]);
    });

    onHouse("a hundred updates exactly leave the messages to the next transaction", async (house) => {
      await house.listen(alice);
      await house.queue(1);
      const ids = Array.from({ length: 100 }, (_, n) => `D${n}` as DeviceId);
      await house.announce(alice, ...ids);
      const sizes = (await house.drain()).map(({ length }) => length);
      assert.deepEqual(sizes, [100, 1]);
    });

    const bridge = appservicesOf(registration("bridge", { answersQueries: true }));
    onHouse(
      "Q5: of a device whose keys its appservice gives, an update makes the server fetch the list",
      async (house) => {
        const ghost = deviceOf(userNamed("bridge_ghost"), "D");
        await house.device(ghost);
        await house.listen(ghost.userId);
        await house.announce(ghost.userId, ghost.deviceId);
        await house.announce(ghost.userId, "M" as DeviceId);
        const told = (await house.drain()).flat();
        assert.equal(told.length, 2);
        for (const edu of told) {
          assert.deepEqual(Object.keys(edu.content), ["user_id", "device_id", "stream_id", "prev_id"]);
          assert.equal(await isTaken(house, edu, edu.content.stream_id - 1), false);
        }
        assert.equal(await isTaken(house, told[1] ?? assert.fail(), told[0]?.content.stream_id), false);
      },
      bridge,
    );

    onHouse(
      "E5: after a restore the server takes an update that follows on what it knows, and fetches else",
      async (house) => {
        await house.device(phone);
        await house.listen(alice);
        await house.announce(alice, phone.deviceId);
        const [[backedUp] = []] = await house.drain();
        const known = backedUp?.content.stream_id;
        await house.change(({ stream }) => stream.beginEpoch());
        await house.announce(alice, phone.deviceId);
        const [[update = assert.fail("nothing was told")] = []] = await house.drain();
        assert.ok(update.content.stream_id > known);
        assert.equal(await isTaken(house, update, known), true);
        // What the server was told after the backup is not known here.
        assert.equal(await isTaken(house, update, known + 1), false);
      },
    );

    onHouse("X6: the server takes updates one after another, also when it gets one again", async (house) => {
      await house.listen(alice);
      await house.device(phone);
      await house.announce(alice, phone.deviceId);
      await house.drain();
      await house.device(phone, "other keys");
      await house.announce(alice, phone.deviceId);
      const [[update = assert.fail("nothing was told")] = []] = await house.drain();
      const [previous] = update.content.prev_id;
      assert.equal(await isTaken(house, update, previous), true);
      assert.equal(await isTaken(house, update, previous - 1), false);
    });

    onHouse("E5: one that was made before a restore is sent as it was made", async (house) => {
      await house.queue(1);
      const made = await house.nextMade();
      await house.change(({ stream }) => stream.beginEpoch());
      assert.deepEqual(await house.next(), made);
      await house.queue(1);
      assert.notEqual((await house.next(made.id))?.id, made.id);
    });

    onHouse("what fails is noted until a transaction is taken", async (house) => {
      await house.queue(150);
      const made = await house.nextMade();
      const since = house.clock.now();
      const failure = () => house.change(({ destinations }) => destinations.findFailure(there));
      const { attempts, pause, givenUp } = await house.fail(made);
      assert.deepEqual([attempts, givenUp], [1, false]);
      assert.deepEqual(await failure(), {
        ...{ attempts: 1, since, error: "ECONNREFUSED", nextAttemptAt: since + pause },
      });
      house.clock.advance(5000);
      assert.equal((await house.fail(made)).attempts, 2);
      assert.equal((await failure())?.since, since);
      assert.deepEqual(await house.next(), made);
      assert.equal((await failure())?.attempts, 2);
      await house.next(made.id);
      assert.equal(await failure(), undefined);
    });

    onHouse(
      "one that is refused for what it is, is given up after a day, and what it told is asked for",
      async (house) => {
        await house.device(phone);
        await house.listen(alice);
        await house.announce(alice, phone.deviceId);
        await house.queue(20);
        const made = await house.nextMade();
        const refused = { kind: "status", status: 400, error: "status 400" } as const;
        assert.equal((await house.fail(made, refused)).givenUp, false);
        house.clock.advance(24 * 3600_000);
        assert.equal((await house.fail(made, { kind: "status", status: 502, error: "status 502" })).givenUp, false);
        assert.equal((await house.fail(made)).givenUp, false);
        assert.equal((await house.fail(made, refused)).givenUp, true);
        assert.deepEqual(house.forgotten, [20]);
        const lost = edusOf(made)[0]?.content.stream_id;
        const [[told = assert.fail("nothing was told")] = [], ...more] = await house.drain();
        assert.deepEqual([told.content.user_id, told.content.deleted, more], [alice, true, []]);
        for (const known of [lost - 1, lost]) assert.equal(await isTaken(house, told, known), false);
        await house.announce(alice, phone.deviceId);
        const next = await house.nextMade();
        assert.deepEqual(edusOf(next)[0]?.content.prev_id, [told.content.stream_id]);
      },
    );

    onHouse("X6: lost cross-signing keys are noticed by a server that has asked for the list before", async (house) => {
      await house.listen(alice);
      await house.listen(bob);
      const asked = await house.change(({ stream }) => stream.findPosition());
      await house.change(({ destinations }) => destinations.putToldStreamId(there, alice, asked));
      // Of Bob it was never told, so it relies on nothing.
      for (const userId of [alice, bob]) await house.announce(userId, "cross-signing keys");
      const made = await house.nextMade();
      assert.equal(edusOf(made).length, 2);
      house.clock.advance(24 * 3600_000);
      const refused = { kind: "status", status: 413, error: "status 413" } as const;
      assert.equal((await house.fail(made, refused)).givenUp, true);
      const [told = assert.fail("nothing was told"), ...others] = (await house.drain()).flat();
      assert.deepEqual([told.content.user_id, others], [alice, []]);
      assert.equal(await isTaken(house, told, asked), false);
    });
  });
}

/** Whether a server that knows the list as of `streamId` takes the update, or else will fetch the list. */
function isTaken(house: DestinationHouse, edu: Edu, streamId: number): Promise<boolean> {
  const update = parseEdu({ ...edu });
  if (update?.type !== deviceUpdate) assert.fail("it is no update");
  const { userId } = update;
  const known = { userId, streamId, isFresh: true, followedUntil: house.clock.now() + 1, attempts: 0 };
  const deps = { ...house.deps, federationObserver: { remoteKeysDropped: () => assert.fail("it has a wrong shape") } };
  // The user is a remote one to that server, whose tables these are.
  return house.database.unitOfWork.run("everything", async (stores, commit) => {
    await stores.remoteDeviceLists.put({ ...known, nextResyncAt: undefined, usedAt: 0 });
    await applyDeviceListUpdate(deps, stores, commit, update, house.clock.now());
    return (await stores.remoteDeviceLists.findList(userId))?.isFresh === true;
  });
}
