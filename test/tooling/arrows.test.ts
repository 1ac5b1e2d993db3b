import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import configuration from "../../.dependency-cruiser.mjs";
import { findForbiddenArrows, findUnseen } from "../../scripts/check/arrows.ts";
import { listFiles } from "../../scripts/check/list-files.ts";

// A small house with the same rooms: each line that ends in `// forbidden` is one arrow that must be reported, and no other may be.
const fixture = join(import.meta.dirname, "fixtures/arrows");
const breaches = await findForbiddenArrows(fixture);
const aboutImports = breaches.filter(({ rule }) => rule !== "unknown-place" && rule !== "no-circle");

test("each forbidden arrow of the fixture is reported, and no allowed one", () => {
  const forbidden = listFiles(fixture, "src").flatMap((file) =>
    readFileSync(join(fixture, file), "utf8")
      .split("\n")
      .filter((line) => line.endsWith("// forbidden"))
      .map((line) => `${file} -> ${line.match(/"(?:node:)?(.+)"/)?.[1]}`),
  );
  const reported = new Set(aboutImports.map(({ file, imported }) => `${file} -> ${imported.replace(/^node:/, "")}`));
  assert.deepEqual([...reported].sort(), forbidden.sort());
});

test("each rule reports something in the fixture", () => {
  const reporting = new Set(breaches.map(({ rule }) => rule));
  const silent = configuration.forbidden?.filter(({ name }) => name === undefined || !reporting.has(name));
  assert.deepEqual(silent, []);
});

test("a circle is reported, though one half of it is only a type", () => {
  const circles = breaches.filter(({ rule }) => rule === "no-circle");
  assert.equal(circles.length, 1);
  assert.match(circles[0]?.imported ?? "", /circle-(one|two)\.ts -> .*circle-(one|two)\.ts/);
});

test("a file in no room and a subject without a height are reported", () => {
  const lost = breaches.filter(({ rule }) => rule === "unknown-place").map(({ file }) => file);
  assert.deepEqual(lost, ["src/domain/gossip/place.ts", "src/stray.ts"]);
});

test("a file that git lists and dependency-cruiser has not seen is reported", () => {
  const unseen = findUnseen(["src/app.ts", "src/cli/serve.ts"], ["src/app.ts", "node_modules/yaml/index.js"]);
  assert.deepEqual(
    unseen.map(({ file }) => file),
    ["src/cli/serve.ts"],
  );
});

test("a run over no files at all is reported", () => {
  assert.equal(findUnseen([], []).length, 1);
});
