import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { keyNamed, signed } from "../../stores/key-pool.ts";
import { deviceOf, noon, userNamed } from "../../stores/owners.ts";
import { FeedHouse } from "./feed-house.ts";
import { appservicesOf, registration } from "./registrations.ts";

const alice = userNamed("alice");
const bob = userNamed("bob");

for (const engine of engines) {
  describe(`transactions for appservices on ${engine.name}`, () => {
    const onHouse = (name: string, body: (house: FeedHouse) => Promise<void>) =>
      test(name, () => withDatabase(engine, (database) => body(new FeedHouse(database))));

    onHouse(
      "S3: messages go out as they are stored, in order, under both names, and nothing else does",
      async (house) => {
        const ghost = await house.ghost();
        const contents = ['{"b":1.0,"a":[ 2e0 ]}', '{"nul":"\\u0000"}', "{}"];
        await house.queue(ghost, ...contents);
        const made = await house.next();
        const events = contents.map(
          (content) =>
            `{"type":"m.test","sender":"${alice}","to_user_id":"${ghost.userId}","to_device_id":"D","content":${content}}`,
        );
        const counts = `{"${ghost.userId}":{"D":{"signed_curve25519":0}}}`;
        const unused = `{"${ghost.userId}":{"D":[]}}`;
        assert.equal(
          made?.body,
          `{"events":[],"to_device":[${events}],"de.sorunome.msc2409.to_device":[${events}],"device_one_time_keys_count":${counts},"device_one_time_key_counts":${counts},"org.matrix.msc3202.device_one_time_keys_count":${counts},"org.matrix.msc3202.device_one_time_key_counts":${counts},"device_unused_fallback_key_types":${unused},"org.matrix.msc3202.device_unused_fallback_key_types":${unused}}`,
        );
        assert.equal(made.madeAt, house.clock.now());
        assert.match(made.id, /^[\w-]{22}$/);
        assert.equal(await house.next(made.id), undefined);
      },
    );

    onHouse("one that was made is the next one until it is taken, whatever comes after it", async (house) => {
      const ghost = await house.ghost();
      await house.queue(ghost, '{"n":1}');
      const first = await house.next();
      await house.queue(ghost, '{"n":2}');
      assert.deepEqual(await house.next(), first);
      assert.deepEqual(await house.next(), first);
      const second = await house.next(first?.id);
      assert.notEqual(second?.id, first?.id);
      assert.deepEqual(
        JSON.parse(second?.body ?? "").to_device.map(({ content }: { content: object }) => content),
        [{ n: 2 }],
      );
      // As after a commit of which nobody heard.
      assert.deepEqual(await house.next(first?.id), second);
      assert.equal(await house.next(second?.id), undefined);
    });

    onHouse(
      "a transaction has at most 100 messages and 320 KiB of contents, and at least one message",
      async (house) => {
        const ghost = await house.ghost();
        await house.queue(ghost, ...Array.from({ length: 250 }, (_, n) => `{"n":${n}}`));
        const long = JSON.stringify({ text: "\u9375".repeat(65_000) });
        await house.queue(ghost, long, long, "{}", long);
        const bodies = await house.drain();
        const sizes = bodies.map(({ to_device: events }) => events.length);
        // 190 KiB each of the long ones: no two of them go together.
        assert.deepEqual(sizes, [100, 100, 51, 2, 1]);
        const all = bodies.flatMap(({ to_device: events }) => events.map(({ content }: Body) => content));
        assert.deepEqual(
          all.slice(0, 250).map(({ n }: Body) => n),
          Array.from({ length: 250 }, (_, n) => n),
        );
      },
    );

    onHouse("S4: what waited for a device that was deleted since is told to nobody", async (house) => {
      const [gone, there] = [await house.ghost("gone"), await house.ghost("there")];
      await house.queue(gone, ...Array.from({ length: 150 }, () => "{}"));
      await house.queue(there, '{"for":"there"}');
      await house.change(async ({ appserviceQueue, devices }) => {
        await appserviceQueue.noteCounts("bridge", [gone], noon);
        await devices.remove(gone);
      });
      const bodies = await house.drain();
      assert.equal(bodies.length, 1);
      assert.deepEqual(
        bodies[0].to_device.map(({ to_user_id: user }: Body) => user),
        [there.userId],
      );
      assert.deepEqual(Object.keys(bodies[0].device_one_time_keys_count), [there.userId]);
    });

    onHouse("C8: counts that were noted are told as they are when the transaction is made", async (house) => {
      const [one, other] = [await house.ghost("one"), await house.ghost("two", "__proto__")];
      await house.drain();
      await house.change(async ({ appserviceQueue, fallbackKeys, oneTimeKeys }) => {
        await appserviceQueue.noteCounts("bridge", [one, other], noon);
        await oneTimeKeys.add(one, [keyNamed("A"), keyNamed("B")]);
        await fallbackKeys.put(other, keyNamed("F"));
      });
      const [body, ...more] = await house.drain();
      assert.deepEqual(body.device_one_time_keys_count, {
        [one.userId]: { D: { [signed]: 2 } },
        [other.userId]: JSON.parse(`{"__proto__":{"${signed}":0}}`),
      });
      assert.deepEqual(body.device_unused_fallback_key_types, {
        [one.userId]: { D: [] },
        [other.userId]: JSON.parse(`{"__proto__":["${signed}"]}`),
      });
      assert.equal("to_device" in body, false);
      assert.deepEqual(more, []);
    });

    onHouse("C8: of many devices 200 are told at a time, each once", async (house) => {
      const ghosts = await Promise.all(Array.from({ length: 450 }, (_, index) => house.ghost(`${index}`)));
      await house.change(({ appserviceQueue }) => appserviceQueue.noteCounts("bridge", ghosts, noon));
      await house.drain();
      await house.change(({ appserviceQueue }) => appserviceQueue.noteCounts("bridge", ghosts, noon));
      const told = (await house.drain()).map(({ device_one_time_keys_count: counts }) => Object.keys(counts));
      assert.deepEqual(
        told.map(({ length }) => length),
        [200, 200, 50],
      );
      assert.equal(new Set(told.flat()).size, 450);
    });

    onHouse("S2: a changed device list is told when one of the appservice's users would hear of it", async (house) => {
      const ghost = await house.ghost();
      await house.change(({ audience }) => audience.introduce(alice, ghost.userId));
      await house.drain();
      await house.change(async ({ deviceLists }) => {
        await deviceLists.recordChange(ghost.userId, "public");
        await deviceLists.recordChange(alice, "public");
        await deviceLists.recordChange(bob, "public");
        await deviceLists.recordChange(alice, "own");
      });
      const [body, ...more] = await house.drain();
      assert.deepEqual(listsOf(body), { changed: [alice, ghost.userId], left: [] });
      assert.deepEqual(Object.keys(body), ["events", "device_lists", "org.matrix.msc3202.device_lists"]);
      assert.deepEqual(more, []);
    });

    onHouse("S2, X6: new acquaintances, own changes and notices of the appservice's users are told", async (house) => {
      const [one, other] = [await house.ghost("one"), await house.ghost("two")];
      await house.drain();
      await house.change(({ audience }) => audience.introduce(alice, one.userId));
      assert.deepEqual((await house.drain()).map(listsOf), [{ changed: [alice], left: [] }]);
      await house.change(({ deviceLists }) => deviceLists.recordChange(one.userId, "own"));
      assert.deepEqual((await house.drain()).map(listsOf), [{ changed: [one.userId], left: [] }]);
      await house.change(({ deviceLists }) => deviceLists.recordSignatureNotice(other.userId, bob));
      assert.deepEqual((await house.drain()).map(listsOf), [{ changed: [bob], left: [] }]);
      await house.change(async ({ audience, deviceLists }) => {
        await audience.introduce(alice, bob);
        await deviceLists.recordSignatureNotice(alice, one.userId);
      });
      assert.deepEqual(await house.drain(), []);
    });

    onHouse(
      "a new feed begins at the present; later many changes come in parts, and none is left out",
      async (house) => {
        const ghost = await house.ghost();
        const strangers = Array.from({ length: 600 }, (_, index) => userNamed(`stranger${index}`));
        const friends = Array.from({ length: 600 }, (_, index) => userNamed(`friend${index}`));
        await house.change(async ({ audience, deviceLists }) => {
          await deviceLists.recordChange(ghost.userId, "public");
          for (const friend of friends) await audience.introduce(friend, ghost.userId);
        });
        assert.deepEqual(await house.drain(), []);
        await house.change(async ({ deviceLists }) => {
          for (const stranger of strangers) await deviceLists.recordChange(stranger, "public");
          for (const friend of friends) await deviceLists.recordChange(friend, "public");
        });
        const lists = (await house.drain()).map(listsOf);
        assert.ok(lists.every(({ changed }) => changed.length <= 500));
        assert.deepEqual(lists.flatMap(({ changed }) => changed).sort(), friends.toSorted());
      },
    );

    onHouse(
      "E5: after a restore the counts of all its devices and all lists that it hears of are told anew",
      async (house) => {
        const [one, other] = [await house.ghost("one"), await house.ghost("two")];
        const stranger = await house.device(deviceOf(alice, "PHONE"));
        const friends = Array.from({ length: 300 }, (_, index) => userNamed(`friend${index}`));
        await house.change(async ({ audience, deviceLists, oneTimeKeys }) => {
          await oneTimeKeys.add(one, [keyNamed("A")]);
          for (const user of [alice, one.userId, other.userId]) await deviceLists.recordChange(user, "public");
          for (const friend of friends) await audience.introduce(friend, other.userId);
        });
        await house.drain();
        await house.change(async ({ oneTimeKeys, stream }) => {
          await oneTimeKeys.retireAllPools();
          await stream.beginEpoch();
        });
        const bodies = await house.drain();
        const told = Object.assign({}, ...bodies.map((body) => body.device_one_time_keys_count ?? {}));
        assert.deepEqual(told, {
          [one.userId]: { D: { [signed]: 0 } },
          [other.userId]: { D: { [signed]: 0 } },
        });
        const changed = bodies.filter((body) => "device_lists" in body).flatMap((body) => listsOf(body).changed);
        assert.deepEqual(changed.sort(), [one.userId, other.userId, ...friends].sort());
        assert.equal(changed.includes(stranger.userId), false);
        assert.deepEqual(await house.drain(), []);
      },
    );

    onHouse("E5: what a lost future had made is not looked for, and ids are never used again", async (house) => {
      const ghost = await house.ghost();
      await house.queue(ghost, "{}");
      const made = await house.next();
      await house.change(({ stream }) => stream.beginEpoch());
      assert.deepEqual(await house.next(), made);
      await house.next(made?.id);
      await house.queue(ghost, "{}");
      assert.notEqual((await house.next())?.id, made?.id);
    });

    test("an appservice that does not encrypt gets messages, and nothing of keys and lists", () =>
      withDatabase(engine, async (database) => {
        const plain = registration("bridge", { encrypts: false, receivesEphemeral: true });
        const house = new FeedHouse(database, appservicesOf(plain));
        const ghost = await house.ghost();
        await house.drain();
        await house.change(async ({ appserviceQueue, deviceLists }) => {
          await deviceLists.recordChange(ghost.userId, "public");
          await appserviceQueue.noteCounts("bridge", [ghost], noon);
        });
        await house.queue(ghost, "{}");
        const bodies = await house.drain();
        assert.deepEqual(
          bodies.map((body) => Object.keys(body)),
          [["events", "to_device", "de.sorunome.msc2409.to_device"]],
        );
      }));

    onHouse("where nothing waits nothing is written", async (house) => {
      await house.drain();
      const before = await house.change(({ appserviceFeeds }) => appserviceFeeds.listFeeds());
      await house.change(({ deviceLists }) => deviceLists.recordChange(alice, "public"));
      assert.deepEqual(await house.drain(), []);
      assert.deepEqual(await house.change(({ appserviceFeeds }) => appserviceFeeds.listFeeds()), before);
    });
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the body of a transaction, looked into freely.
type Body = any;

/** Sorted. */
function listsOf(body: Body): { changed: string[]; left: string[] } {
  const { changed, left } = body.device_lists;
  assert.deepEqual(body["org.matrix.msc3202.device_lists"], body.device_lists);
  return { changed: changed.sort(), left };
}
