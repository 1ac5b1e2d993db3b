import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configShape } from "../../src/config/config.ts";

test("docs/config.md has every key of the first two levels", () => {
  const docs = readFileSync(new URL("../../docs/config.md", import.meta.url), "utf8");
  const keys = configShape.parts.kind === "section" ? [...configShape.parts.members] : [];
  for (const [key, { parts }] of keys) {
    const within = parts.kind === "section" ? [...parts.members.keys()].map((name) => `${key}.${name}`) : [key];
    for (const path of within) assert.ok(docs.includes(`\`${path}`), `${path} is not in docs/config.md`);
  }
});
