import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "../../scripts/build.ts";

const fixture = join(import.meta.dirname, "fixtures/build");

test("a thread is started from the sources and from what is built of them", (t) => {
  const out = mkdtempSync(join(tmpdir(), "claviger-build-"));
  t.after(() => rmSync(out, { recursive: true }));
  build(join(fixture, "tsconfig.json"), out);

  const run = (file: string) => execFileSync(process.execPath, [file], { encoding: "utf8" });
  assert.equal(run(join(fixture, "src/start.ts")), "{ doubled: 42 }\n");
  assert.equal(run(join(out, "start.js")), "{ doubled: 42 }\n");
  assert.ok(existsSync(join(out, "inner/double.d.ts")));
});
