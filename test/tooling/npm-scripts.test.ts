import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");

test("every script that runs something installs first and becomes the pinned Node.js", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [name, script] of Object.entries(scripts)) {
    if (name === "prepack") continue;
    assert.match(script, /^node scripts\/ensure-installed\.mjs && exec node_modules\/node\/bin\/node /, name);
  }
});

test("the process that npm start starts is the server itself, and gets the signal that npm gets", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "claviger-start-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(root, file), join(folder, file));
  cpSync(join(root, "scripts/ensure-installed.mjs"), join(folder, "scripts/ensure-installed.mjs"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "src/cli"), { recursive: true });
  const server = `
    const timer = setInterval(() => {}, 1000);
    process.on("SIGTERM", () => { console.log("stopping"); clearInterval(timer); });
    console.log("parent", process.ppid, process.version, process.argv.slice(2).join(" "));`;
  writeFileSync(join(folder, "src/cli/claviger.ts"), server);

  const npm = spawn("npm", ["start", "--silent", "--", "--config", "a b.yaml"], { cwd: folder });
  let output = "";
  npm.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (chunk.includes("parent")) npm.kill("SIGTERM");
  });
  const code = await new Promise((done) => npm.on("close", done));
  assert.equal(output, `parent ${npm.pid} v${pinnedVersion()} start --config a b.yaml\nstopping\n`);
  assert.equal(code, 0);
});

function pinnedVersion(): string {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return devDependencies.node;
}
