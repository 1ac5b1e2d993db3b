import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import {
  fencedUnitOfWork,
  type Lease,
  LeaseLostError,
  releaseLease,
  takeLease,
} from "../../src/domain/kernel/lease.ts";
import type { UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import { withDatabase } from "../stores/contract.ts";
import { engines, type TestDatabase } from "../stores/engines.ts";
import { alice } from "../stores/owners.ts";
import { expireLeases } from "./aged-leases.ts";

const hour = 3600_000;

for (const engine of engines) {
  describe(`fenced units on ${engine.name}`, () => {
    const onDatabase = (name: string, body: (database: TestDatabase) => Promise<void>) =>
      test(name, () => withDatabase(engine, body));

    onDatabase("run while the lease is held, whatever their scope", async ({ unitOfWork, snapshots }) => {
      const fenced = fencedUnitOfWork(unitOfWork, await taken(unitOfWork, "a"));
      assert.equal(await fenced.run({}, async () => "a result"), "a result");
      await fenced.run({ exclusive: [alice] }, ({ filters }) => filters.put(alice, "1", "exclusive"));
      await fenced.run({ shared: [alice] }, ({ filters }) => filters.put(alice, "2", "shared"));
      await fenced.run("everything", ({ filters }) => filters.put(alice, "3", "everything"));
      assert.equal(await snapshots.read(({ filters }) => filters.countFilters(alice)), 3);
    });

    onDatabase("after the lease has changed hands they fail, and change nothing", async (database) => {
      const { unitOfWork } = database;
      const paused = await taken(unitOfWork, "a");
      const before = fencedUnitOfWork(unitOfWork, paused);
      await put(before, "1");
      // The holder sleeps between two units, and its successor begins.
      await expireLeases(database);
      const after = fencedUnitOfWork(unitOfWork, await taken(unitOfWork, "b"));
      await put(after, "2");
      await assert.rejects(put(before, "3"), LeaseLostError);
      await assert.rejects(
        before.run("everything", ({ filters }) => filters.removeAll(alice)),
        LeaseLostError,
      );
      assert.deepEqual(await found(database), ["1", "2"]);
      await releaseLease(unitOfWork, paused);
      await put(after, "4");
      assert.deepEqual(await found(database), ["1", "2", "4"]);
    });

    onDatabase("the holder of an expired lease goes on until somebody takes it", async (database) => {
      const fenced = fencedUnitOfWork(database.unitOfWork, await taken(database.unitOfWork, "a"));
      await expireLeases(database);
      await put(fenced, "1");
      assert.deepEqual(await found(database), ["1"]);
    });

    onDatabase("after a release they fail", async (database) => {
      const lease = await taken(database.unitOfWork, "a");
      await releaseLease(database.unitOfWork, lease);
      await assert.rejects(put(fencedUnitOfWork(database.unitOfWork, lease), "1"), LeaseLostError);
      assert.deepEqual(await found(database), []);
    });

    onDatabase("while one runs the lease does not change hands", async (database) => {
      const { unitOfWork } = database;
      let lease = await taken(unitOfWork, "a0");
      for (let round = 1; round <= 20; round++) {
        await expireLeases(database);
        const { name, token } = lease;
        const running = fencedUnitOfWork(unitOfWork, lease).run({}, async ({ leases }) => {
          const seen: boolean[] = [];
          for (let look = 0; look < 10; look++) seen.push(await leases.hasToken(name, token));
          return seen.every(Boolean);
        });
        const [outcome, next] = await Promise.all([running.catch((error) => error), taken(unitOfWork, `a${round}`)]);
        assert.ok(outcome === true || outcome instanceof LeaseLostError, String(outcome));
        assert.equal(next.token, token + 1);
        lease = next;
      }
    });
  });
}

async function taken(unitOfWork: UnitOfWork<Stores>, holder: string): Promise<Lease> {
  const lease = await takeLease(unitOfWork, "work", holder, hour);
  assert.ok(lease, `${holder} did not get the lease`);
  return lease;
}

function put(unitOfWork: UnitOfWork<Stores>, filterId: string): Promise<void> {
  return unitOfWork.run({ exclusive: [alice] }, ({ filters }) => filters.put(alice, filterId, "{}"));
}

async function found({ snapshots }: TestDatabase): Promise<string[]> {
  return snapshots.read(async ({ filters }) => {
    const ids: string[] = [];
    for (const id of ["1", "2", "3", "4"]) if ((await filters.findDefinition(alice, id)) !== undefined) ids.push(id);
    return ids;
  });
}
