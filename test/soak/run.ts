// `npm run soak`: the race, crash, history and property tests, a hundred times as long as in `npm test`.
//   npm run soak -- --seed 7         without it the seed is a new one each time, and printed
//   npm run soak -- --times 1000     longer still
//   npm run soak -- keys-killed      only files whose path has this in it
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string" }, times: { type: "string", default: "100" } },
});
const root = fileURLToPath(new URL("../..", import.meta.url));
const week = 7 * 24 * 3600_000;
const times = Number(values.times);
const seed = Number(values.seed ?? randomInt(2 ** 31));
if (!(times > 0) || ![times, seed].every(Number.isSafeInteger)) throw new Error("--times and --seed are whole numbers");

console.log(`npm run soak -- --seed ${seed} --times ${times}`);
const files =
  positionals.length > 0 ? positionals : ["test/races/", "test/histories/", "test/crash/keys-", "test/crash/rooms-"];
const child = spawn(process.execPath, ["scripts/test.ts", `--test-timeout=${week}`, ...files], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    CLAVIGER_TEST_SEED: String(seed),
    CLAVIGER_SOAK_TIMES: String(times),
  },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => child.kill(signal));
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
