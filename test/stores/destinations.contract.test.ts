import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { DestinationFailure } from "../../src/domain/federation-out/destination-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, east, noon, serverNamed, west } from "./owners.ts";

contract("destinations", {
  "how a server fails is put, put anew and removed": async (database) => {
    assert.equal(await findFailure(database, east), undefined);
    await change(database, (destinations) => destinations.putFailure(west, failure(1)));
    await change(database, (destinations) => destinations.putFailure(east, failure(2)));
    assert.deepEqual(await findFailure(database, east), failure(2));
    await change(database, (destinations) => destinations.putFailure(east, failure(3)));
    assert.deepEqual(await listFailures(database), [
      { server: east, ...failure(3) },
      { server: west, ...failure(1) },
    ]);
    await change(database, (destinations) => destinations.removeFailure(east));
    assert.equal(await findFailure(database, east), undefined);
    assert.deepEqual(await listFailures(database), [{ server: west, ...failure(1) }]);
  },

  "a transaction waits as it was made, until it is removed by its id": async (database) => {
    const transaction = { id: "T1", body: '{"edus":[]}', madeAt: noon };
    await change(database, (destinations) => destinations.addTransaction(east, transaction));
    assert.deepEqual(await findTransaction(database, east), transaction);
    assert.equal(await findTransaction(database, west), undefined);
    await change(database, (destinations) => destinations.removeTransaction(east, "T2"));
    await change(database, (destinations) => destinations.removeTransaction(west, "T1"));
    assert.deepEqual(await findTransaction(database, east), transaction);
    await change(database, (destinations) => destinations.removeTransaction(east, "T1"));
    assert.equal(await findTransaction(database, east), undefined);
  },

  "of transactions to one server that are added at once one is there": async (database) => {
    const ids = Array.from({ length: 10 }, (_, index) => `T${index}`);
    const added = await Promise.allSettled(
      ids.map((id) =>
        database.unitOfWork.run({}, ({ destinations }) =>
          destinations.addTransaction(east, { id, body: "{}", madeAt: noon }),
        ),
      ),
    );
    const [winner, ...others] = ids.filter((_, index) => added[index]?.status === "fulfilled");
    assert.deepEqual(others, []);
    assert.equal((await findTransaction(database, east))?.id, winner);
  },

  "what a server was told of a user's list is the highest of what it was told": async (database) => {
    assert.equal(await findTold(database, east, alice), undefined);
    const highest = 2 ** 50 + 5;
    for (const streamId of [highest - 1, highest, highest - 2]) {
      await change(database, (destinations) => destinations.putToldStreamId(east, alice, streamId));
    }
    await change(database, (destinations) => destinations.putToldStreamId(west, bob, 3));
    assert.equal(await findTold(database, east, alice), highest);
    assert.equal(await findTold(database, west, bob), 3);
    assert.equal(await findTold(database, east, bob), undefined);
    assert.equal(await findTold(database, west, alice), undefined);
  },

  "servers, ids, bodies and errors may be any text": async (database) => {
    for (const text of oddTexts) {
      const server = serverNamed(text);
      await change(database, async (destinations) => {
        await destinations.putFailure(server, { ...failure(1), error: text });
        await destinations.addTransaction(server, { id: text, body: text, madeAt: noon });
      });
    }
    for (const text of oddTexts) {
      assert.equal((await findFailure(database, serverNamed(text)))?.error, text);
      assert.deepEqual(await findTransaction(database, serverNamed(text)), { id: text, body: text, madeAt: noon });
    }
    assert.equal((await listFailures(database)).length, oddTexts.length);
  },

  "a unit that fails changes nothing": async (database) => {
    await change(database, async (destinations) => {
      await destinations.putFailure(east, failure(1));
      await destinations.addTransaction(east, { id: "T", body: "{}", madeAt: noon });
    });
    await runAndFail(database.unitOfWork, async ({ destinations }) => {
      await destinations.removeFailure(east);
      await destinations.removeTransaction(east, "T");
      await destinations.putFailure(west, failure(1));
      await destinations.putToldStreamId(east, alice, 1);
    });
    assert.deepEqual(await listFailures(database), [{ server: east, ...failure(1) }]);
    assert.equal((await findTransaction(database, east))?.id, "T");
    assert.equal(await findTold(database, east, alice), undefined);
  },
});

function failure(attempts: number): DestinationFailure {
  return { attempts, since: noon, error: `error ${attempts}`, nextAttemptAt: noon + attempts };
}

function change<T>({ unitOfWork }: TestDatabase, work: (stores: Stores["destinations"]) => Promise<T>): Promise<T> {
  return unitOfWork.run("everything", ({ destinations }) => work(destinations));
}

function findFailure({ snapshots }: TestDatabase, server: typeof east) {
  return snapshots.read(({ destinations }) => destinations.findFailure(server));
}

function listFailures({ snapshots }: TestDatabase) {
  return snapshots.read(({ destinations }) => destinations.listFailures());
}

function findTransaction({ snapshots }: TestDatabase, server: typeof east) {
  return snapshots.read(({ destinations }) => destinations.findTransaction(server));
}

function findTold({ snapshots }: TestDatabase, server: typeof east, user: typeof alice) {
  return snapshots.read(({ destinations }) => destinations.findToldStreamId(server, user));
}
