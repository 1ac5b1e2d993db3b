import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runClaviger, temporaryFolder } from "./run-claviger.ts";

test("migrate makes the database of this version, and the second time says that nothing is to be done", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\n");
  const first = await runClaviger(["migrate"], { folder });
  assert.equal(first.code, 0);
  assert.match(first.stdout, /^The database went from version 0 to \d+\.\n$/);
  const second = await runClaviger(["migrate"], { folder });
  assert.equal(second.code, 0);
  assert.match(second.stdout, /^The database is at version \d+ already\.\n$/);
});
