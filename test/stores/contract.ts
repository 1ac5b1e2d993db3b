import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import { type Engine, engines, type TestDatabase } from "./engines.ts";

type ContractTest = (database: TestDatabase, engine: Engine) => Promise<void>;

/** What a store's port promises: each test runs on every engine, on an empty database of its own. */
export function contract(store: keyof Stores, tests: Readonly<Record<string, ContractTest>>): void {
  for (const engine of engines) {
    describe(`${store} on ${engine.name}`, () => {
      for (const [name, body] of Object.entries(tests)) test(name, () => withDatabase(engine, body));
    });
  }
}

/** Opens an empty database for `body`, which may reopen it, and removes it afterwards. */
export async function withDatabase(engine: Engine, body: ContractTest): Promise<void> {
  let database = await engine.open();
  const reopen = async () => {
    database = await database.reopen();
    return database;
  };
  try {
    await body({ ...database, reopen }, engine);
  } finally {
    await database.close();
  }
}

/** Runs `work` in a unit that fails at its end, so that nothing of it may stay. */
export async function runAndFail(
  unitOfWork: UnitOfWork<Stores>,
  work: (stores: Stores) => Promise<unknown>,
): Promise<void> {
  const failure = new Error("a unit that fails at its end");
  const failing = unitOfWork.run("everything", async (stores) => {
    await work(stores);
    throw failure;
  });
  await assert.rejects(failing, failure);
}
