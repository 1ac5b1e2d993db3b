import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { metricCatalogue } from "../../../src/adapters/observability/metric-catalogue.ts";

const root = join(import.meta.dirname, "../../..");

test("docs/metrics.md is up to date and has every metric", () => {
  const check = spawnSync(process.execPath, ["scripts/generate/metrics-docs.ts", "--check"], { cwd: root });
  assert.equal(check.status, 0, String(check.stderr));
  const text = readFileSync(join(root, "docs/metrics.md"), "utf8");
  for (const { name } of Object.values(metricCatalogue)) assert.ok(text.includes(`\`${name}\``), name);
});
