import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Stores } from "../../../src/adapters/sql/create-stores.ts";
import { listDestinationStates } from "../../../src/domain/federation-feed/list-destination-states.ts";
import { forgetOldMessages } from "../../../src/domain/federation-out/forget-old-messages.ts";
import { noteServerAlive } from "../../../src/domain/federation-out/note-server-alive.ts";
import type { UnitOfWork, WakeName } from "../../../src/domain/kernel/unit-of-work.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { DestinationHouse, there } from "./destination-house.ts";

const day = 24 * 3600_000;

/** Its units, and whom they wake. */
function noticing(house: DestinationHouse): { unitOfWork: UnitOfWork<Stores>; woken: WakeName[] } {
  const woken: WakeName[] = [];
  const unitOfWork: UnitOfWork<Stores> = {
    run: (scope, work) =>
      house.database.unitOfWork.run(scope, (stores) => work(stores, { wake: (...names) => void woken.push(...names) })),
  };
  return { unitOfWork, woken };
}

for (const engine of engines) {
  describe(`servers for which something waits, on ${engine.name}`, () => {
    const onHouse = (name: string, body: (house: DestinationHouse) => Promise<void>) =>
      test(name, () => withDatabase(engine, (database) => body(new DestinationHouse(database))));

    onHouse("a sign of life ends a pause, keeps the attempts and wakes", async (house) => {
      const { unitOfWork, woken } = noticing(house);
      const noteAlive = () => noteServerAlive({ unitOfWork, clock: house.clock }, there);
      await noteAlive();
      assert.deepEqual(woken, []);
      await house.queue(1);
      const made = await house.nextMade();
      for (let attempt = 0; attempt < 9; attempt++) await house.fail(made);
      await noteAlive();
      assert.deepEqual(woken, [there]);
      const failure = await house.change(({ destinations }) => destinations.findFailure(there));
      assert.deepEqual([failure?.attempts, failure?.nextAttemptAt], [9, house.clock.now()]);
      await noteAlive();
      assert.deepEqual(woken, [there]);
    });

    onHouse("a sign of life makes lists that could not be fetched due", async (house) => {
      const { unitOfWork, woken } = noticing(house);
      const userId = `@zoe:${there}` as UserId;
      const list = { userId, streamId: undefined, isFresh: false, followedUntil: undefined, attempts: 3 };
      const later = house.clock.now() + day;
      await house.change(({ remoteDeviceLists }) => remoteDeviceLists.put({ ...list, nextResyncAt: later, usedAt: 0 }));
      await noteServerAlive({ unitOfWork, clock: house.clock }, there);
      const known = await house.change(({ remoteDeviceLists }) => remoteDeviceLists.findList(userId));
      assert.equal(known?.nextResyncAt, house.clock.now());
      assert.deepEqual(woken, [there]);
    });

    onHouse("messages that have waited for 30 days are forgotten, and counted", async (house) => {
      await house.queue(1500);
      house.clock.advance(15 * day);
      await house.queue(1);
      const forget = () => forgetOldMessages({ ...house.deps, federationObserver: house.deps.observer });
      await forget();
      assert.deepEqual(house.forgotten, []);
      house.clock.advance(15 * day + 1);
      await forget();
      assert.deepEqual(house.forgotten, [1000, 500]);
      assert.equal((await house.drain()).flat().length, 1);
    });

    onHouse("a transaction that a server has not taken for 30 days is given up", async (house) => {
      await house.queue(3);
      const made = await house.nextMade();
      await house.fail(made);
      const forget = () => forgetOldMessages({ ...house.deps, federationObserver: house.deps.observer });
      house.clock.advance(30 * day);
      await forget();
      assert.deepEqual(await house.next(), made);
      house.clock.advance(1);
      await forget();
      assert.deepEqual(house.forgotten, [3]);
      assert.equal(await house.next(), undefined);
      const failure = await house.change(({ destinations }) => destinations.findFailure(there));
      assert.equal(failure, undefined);
    });

    onHouse("operators are told how many servers wait, and which have failed for longest", async (house) => {
      assert.deepEqual(await listDestinationStates(house.deps), { waiting: 0, failing: 0, longest: [] });
      const servers = Array.from({ length: 25 }, (_, n) => `s${n}.example` as ServerName);
      for (const server of servers) {
        await house.queue(2, { server });
        house.clock.advance(1000);
        if (server !== servers[3]) await house.fail(await house.nextMade(undefined, server), undefined, server);
        await house.queue(1, { server });
      }
      const { waiting, failing, longest } = await listDestinationStates(house.deps);
      assert.deepEqual([waiting, failing, longest.length], [25, 24, 20]);
      assert.deepEqual(
        longest.slice(0, 4).map(({ server }) => server),
        [servers[0], servers[1], servers[2], servers[4]],
      );
      const [first] = longest;
      assert.deepEqual([first?.attempts, first?.error, first?.waiting], [1, "ECONNREFUSED", 1]);
    });
  });
}

const slow = "slow.example" as ServerName;

test("all but the newest 100,000 messages for a server are forgotten, whether it fails or is slow", () =>
  withDatabase(engines[1]!, async (database) => {
    const house = new DestinationHouse(database);
    await house.queue(1);
    await house.fail(await house.nextMade());
    for (let n = 0; n < 100_005; n += 20_001) {
      await house.queue(20_001, { from: n });
      await house.queue(20_000, { from: n, server: slow });
    }
    await house.queue(3, { from: 100_000, server: slow });
    await house.queue(2, { server: "quick.example" as ServerName });
    await forgetOldMessages({ ...house.deps, federationObserver: house.deps.observer });
    assert.deepEqual(house.forgotten, [3, 5]);
    const [[, first] = []] = [(await house.drain())[1] ?? []];
    assert.equal(first?.content.n, 6);
    await forgetOldMessages({ ...house.deps, federationObserver: house.deps.observer });
    assert.deepEqual(house.forgotten, [3, 5]);
  }));
