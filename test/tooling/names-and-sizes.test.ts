import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findEmptyNames } from "../../scripts/check/naming.ts";
import { measureSizes } from "../../scripts/check/sizes.ts";

test("names that say nothing are refused, of files and of folders", () => {
  const refused = [
    "src/api/util.ts",
    "src/api/utils.test.ts",
    "src/domain/rooms/room-manager.ts",
    "src/misc/a.ts",
    "test/test-helpers.ts",
    "test/common/a.ts",
    "src/shared.ts",
    "src/base.ts",
  ];
  const expected = [...refused.filter((name) => !name.endsWith("/a.ts")), "src/misc", "test/common"].sort();
  assert.deepEqual(findEmptyNames(refused), expected);
});

test("names that only contain such a word are allowed", () => {
  assert.deepEqual(
    findEmptyNames(["src/protocol/unpadded-base64.ts", "src/domain/rooms/shared-rooms.ts", "src/database.ts"]),
    [],
  );
});

test("a file that is too long is reported; catalogues are exempt, and tests may be longer", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "claviger-sizes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const lengths = {
    "src/a.ts": 400,
    "src/b.ts": 401,
    "src/schema.ts": 900,
    "test/c.test.ts": 600,
    "test/d.test.ts": 601,
  };
  for (const [name, lines] of Object.entries(lengths)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "x\n".repeat(lines));
  }
  execFileSync("git", ["init", "--quiet"], { cwd: folder });

  const { breaches, summary } = measureSizes(folder);
  assert.deepEqual(breaches, [
    "src/b.ts: 401 lines, at most 400 are allowed",
    "test/d.test.ts: 601 lines, at most 600 are allowed",
  ]);
  assert.equal(
    summary,
    "warning: 33.3% of 3 files in src have at most 250 lines (aim: 95%); longer: src/a.ts 400, src/b.ts 401",
  );
});
