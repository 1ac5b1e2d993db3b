import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, startClaviger, untilHealthy } from "../cli/run-claviger.ts";
import { postgres } from "../races/race-engines.ts";
import { seededFolder } from "../races/seeded-server.ts";
import { afterTest } from "../support/after-test.ts";

test("a process that signs with another key than its fellow does not start: one line says so, without the private key", async (t) => {
  const { folder, config } = await seededFolder(t, postgres, []);
  const start = async (name: string) => {
    const port = await freePort();
    const listeners = [{ port, bind: "127.0.0.1", resources: ["client", "federation", "health"] }];
    // JSON is YAML.
    writeFileSync(join(folder, `${name}.yaml`), JSON.stringify({ ...config, data_dir: join(folder, name), listeners }));
    const running = startClaviger(["serve", "--config", `${name}.yaml`], { folder });
    afterTest(t, async () => {
      running.process.kill("SIGKILL");
      await running.ended;
    });
    return { url: `http://127.0.0.1:${port}`, running };
  };
  const keysAt = async (url: string) => (await fetch(`${url}/_matrix/key/v2/server`)).json() as Promise<object>;
  const keyOf = (name: string) => readFileSync(join(folder, name, "signing.key"), "utf8");

  // It makes a key of its own.
  const first = await start("first");
  await untilHealthy(first.url, first.running);
  const published = (await keysAt(first.url)) as { verify_keys: object };
  // The same id, and another key; then another id.
  const [, version] = keyOf("first").split(" ");
  for (const [name, otherVersion] of [
    ["second", version],
    ["third", "b_other"],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "signing.key"), `ed25519 ${otherVersion} ${"B".repeat(42)}A\n`, { mode: 0o600 });
    const { running } = await start(name);
    const { code, stdout, stderr } = await running.ended;
    assert.notEqual(code, 0);
    assert.match(stderr, /^claviger: [^\n]*signing\.key[^\n]*\n$/, "one line");
    assert.ok(!(stdout + stderr).includes("B".repeat(42)), "E3");
  }
  const { verify_keys: keys } = (await keysAt(first.url)) as { verify_keys: object };
  assert.deepEqual(keys, published.verify_keys, "the first one goes on as before");

  // With the first one's key it starts.
  writeFileSync(join(folder, "second", "signing.key"), keyOf("first"), { mode: 0o600 });
  const second = await start("second");
  await untilHealthy(second.url, second.running);
  assert.deepEqual(((await keysAt(second.url)) as { verify_keys: object }).verify_keys, published.verify_keys);
});
