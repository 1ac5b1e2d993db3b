import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadRegistrations } from "../../src/config/registrations/load-registrations.ts";
import { parseServerName, type ServerName } from "../../src/protocol/identifiers/server-name.ts";

// Starting a server must stay quick. These tests build on each other: what is loaded stays loaded.

const folder = mkdtempSync(join(tmpdir(), "claviger-registrations-"));
const loaded = new Set<string>();
const hooks = registerHooks({
  resolve(specifier, context, next) {
    loaded.add(specifier);
    return next(specifier, context);
  },
});
after(() => {
  hooks.deregister();
  rmSync(folder, { recursive: true });
});

function load(...ids: string[]) {
  const paths = ids.map((id) => {
    const path = join(folder, `${id}.yaml`);
    const namespaces = `{ users: [{ exclusive: true, regex: "@${id}_.*" }] }`;
    const tokens = `as_token: ${id}_as, hs_token: ${id}_hs`;
    writeFileSync(path, `{ id: ${id}, url: null, ${tokens}, sender_localpart: ${id}, namespaces: ${namespaces} }`);
    return path;
  });
  return loadRegistrations(paths, parseServerName("example.org") as ServerName);
}

test("without registrations nothing is loaded that reads them", async () => {
  await load();
  assert.deepEqual(
    ["../read-yaml-file.ts", "./read-registration.ts", "safe-regex2", "refa"].filter((name) => loaded.has(name)),
    [],
  );
});

test("one registration is compared with none, and what compares is not loaded", async () => {
  await load("one");
  assert.ok(loaded.has("./read-registration.ts") && loaded.has("safe-regex2"));
  assert.ok(!loaded.has("refa"));
});

test("two are compared", async () => {
  await load("one", "two");
  assert.ok(loaded.has("refa"));
});
