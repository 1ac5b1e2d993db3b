// npm run bench [-- NAME… --quick --write --cpu-prof=FOLDER --patience=SECONDS]: how fast the server is, each figure beside its floor.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { claim } from "./benchmarks/claim.ts";
import { login } from "./benchmarks/login.ts";
import { query } from "./benchmarks/query.ts";
import { start } from "./benchmarks/start.ts";
import { syncIdle } from "./benchmarks/sync-idle.ts";
import { upload } from "./benchmarks/upload.ts";
import { describeMachine } from "./report/machine.ts";
import { type Measured, pageOf } from "./report/page.ts";
import { isQuiet, untilQuiet } from "./report/quiet.ts";
import { tableOf } from "./report/table.ts";
import { Workspace } from "./workspace.ts";

const benchmarks = [claim, upload, query, syncIdle, login, start];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    "cpu-prof": { type: "string" },
    /** How long each benchmark waits for other processes to be done, in seconds. */
    patience: { type: "string", default: "10" },
  },
});
const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}: ${benchmarks.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (values.write && (values.quick || chosen.length < benchmarks.length)) {
  console.error("--write is for a full run of all benchmarks");
  process.exit(2);
}

const workspace = new Workspace();
process.on("exit", () => workspace.remove());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const profileFolder = values["cpu-prof"] === undefined ? undefined : resolve(values["cpu-prof"]);
const measured: Measured[] = [];
for (const benchmark of chosen) {
  const load = await untilQuiet(Number(values.patience) * 1_000);
  if (!isQuiet(load))
    console.log(`Others use ${Math.round(load * 100)}% of this machine: the figures that follow say little.`);
  const figures = await benchmark.run({ quick: values.quick, profileFolder, workspace });
  measured.push({ benchmark, figures });
  console.log(`${tableOf(benchmark.name, figures)}\n`);
}
if (values.write) {
  const page = join(import.meta.dirname, "../docs/benchmarks.md");
  writeFileSync(page, pageOf(measured, describeMachine(workspace.folder), new Date()));
}
