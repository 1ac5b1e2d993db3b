import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "../../src/app.ts";

const config = {
  server_name: "localhost",
  database: { engine: "sqlite", path: ":memory:" },
  listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client"] }],
  registration: { mode: "open" },
  limits: { enabled: false },
  log: { level: "error" },
};

test("a server with its database in memory serves, and leaves nothing in the folder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "claviger-embedded-"));
  t.after(() => rmSync(folder, { recursive: true }));
  process.chdir(folder);
  const server = await createServer({ config });
  await server.listen();
  const answer = await fetch(`${server.url}/_matrix/client/versions`);
  assert.equal(answer.status, 200);
  await answer.text();
  await server.close();
  assert.deepEqual(readdirSync(folder), []);
});

test("two servers in one process know nothing of each other", async () => {
  const servers = [await createServer({ config }), await createServer({ config })];
  for (const server of servers) await server.listen();
  const body = JSON.stringify({ username: "alice", password: "sesame", auth: { type: "m.login.dummy" } });
  for (const { url } of servers) {
    const answer = await fetch(`${url}/_matrix/client/v3/register`, { method: "POST", body });
    assert.equal(answer.status, 200, await answer.text());
  }
  for (const server of servers) await server.close();
});
