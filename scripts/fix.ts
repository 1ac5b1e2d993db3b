// `npm run fix`: formats, applies the safe fixes of the linter, and writes the generated documents anew.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const commands = [
  ["node_modules/.bin/biome", "check", "--write"],
  ...globSync("scripts/generate/*.ts")
    .sort()
    .map((file) => [process.execPath, file]),
];
for (const [command = "", ...parameters] of commands) {
  const { status } = spawnSync(command, parameters, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
