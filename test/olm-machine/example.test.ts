import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { registerUser, startTestServer } from "../support/test-server.ts";
import { clientOf } from "./connect-device.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;
const script = fileURLToPath(new URL("../../examples/encrypted-message.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, "--server", url, ...args]);

test("the example prints each step and the decrypted text, and leaves no device behind", async () => {
  const alice = clientOf(url, await registerUser(url, "alice", "pass:word"));
  await registerUser(url, "bob", "builder");
  const { stdout, stderr } = await run("--as", "alice:pass:word", "--to", "bob:builder", "Good morning");
  assert.equal(stderr, "");
  assert.match(stdout, /@alice:localhost is logged in with the new device \w+\./);
  assert.match(stdout, /uploaded its device keys, 50 one-time keys and a fallback key/);
  assert.match(stdout, /a message that the server cannot read: \{"algorithm":"m\.olm\.v1/);
  assert.match(stdout, /^@bob:localhost received it and decrypted: Good morning$/m);
  const { devices } = JSON.parse(await alice.send("GET", "/devices")) as { devices: unknown[] };
  assert.equal(devices.length, 1);
});

test("the example says in one line what went wrong, and fails", async () => {
  await assert.rejects(run("--as", "nobody:secret"), (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, /^POST \/login: 403 \{"errcode":"M_FORBIDDEN".*\}\n$/);
    return true;
  });
});
