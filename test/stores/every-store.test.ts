import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { engines } from "./engines.ts";

test("every store has a contract test, named after it", async () => {
  const database = await engines[0]!.open();
  const names = await database.snapshots.read(async (stores) => Object.keys(stores));
  await database.close();
  const stores = names.filter((name) => name !== "session");
  const tested = readdirSync(import.meta.dirname).flatMap((file) => {
    if (!file.endsWith(".contract.test.ts")) return [];
    const [, store] = readFileSync(join(import.meta.dirname, file), "utf8").match(/^contract\("(\w+)", \{$/m) ?? [];
    return store !== undefined && file.startsWith(kebabCase(store)) ? [store] : [];
  });
  assert.deepEqual([...new Set(tested)].sort(), stores.sort());
});

function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
