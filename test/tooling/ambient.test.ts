import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findAmbientAccess } from "../../scripts/check/ambient.ts";
import { listFiles } from "../../scripts/check/list-files.ts";

const fixture = join(import.meta.dirname, "fixtures/ambient");

test("each reach for clock, randomness, environment, network or hidden import is reported, and nothing else", () => {
  const forbidden = listFiles(fixture, "src").flatMap((file) =>
    readFileSync(join(fixture, file), "utf8")
      .split("\n")
      .flatMap((line, index) => (line.endsWith("// forbidden") ? [`${file}:${index + 1}`] : [])),
  );
  const reported = new Set(findAmbientAccess(fixture).map((breach) => breach.split(": ")[0] ?? ""));
  assert.deepEqual([...reported].sort(), forbidden.sort());
});
