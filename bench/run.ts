// npm run bench [-- NAME… --quick --write --cpu-prof=FOLDER --patience=SECONDS]: how fast the server is, beside floors.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { appserviceEvents } from "./benchmarks/appservice-events.ts";
import { claim } from "./benchmarks/claim.ts";
import { claimBulk } from "./benchmarks/claim-bulk.ts";
import { claimGrowth } from "./benchmarks/claim-growth.ts";
import { claimPostgres } from "./benchmarks/claim-postgres.ts";
import { incrementalSync } from "./benchmarks/incremental-sync.ts";
import { initialSync } from "./benchmarks/initial-sync.ts";
import { login } from "./benchmarks/login.ts";
import { query } from "./benchmarks/query.ts";
import { roomMessage } from "./benchmarks/room-message.ts";
import { roomPages } from "./benchmarks/room-pages.ts";
import { send } from "./benchmarks/send.ts";
import { start } from "./benchmarks/start.ts";
import { syncIdle } from "./benchmarks/sync-idle.ts";
import { toDevicePostgres } from "./benchmarks/to-device-postgres.ts";
import { upload } from "./benchmarks/upload.ts";
import { wakePostgres } from "./benchmarks/wake-postgres.ts";
import { MachineLoad } from "./machine-load.ts";
import { describeMachine } from "./report/machine.ts";
import { type Measured, rewritePage } from "./report/page.ts";
import { tableOf } from "./report/table.ts";
import { Workspace } from "./workspace.ts";

const benchmarks = [
  claim,
  upload,
  query,
  syncIdle,
  login,
  start,
  claimPostgres,
  claimBulk,
  toDevicePostgres,
  wakePostgres,
  send,
  roomMessage,
  initialSync,
  incrementalSync,
  roomPages,
  appserviceEvents,
  claimGrowth,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    "cpu-prof": { type: "string" },
    /** Seconds that may be spent waiting for other processes, and repeating what they have disturbed. */
    patience: { type: "string", default: "60" },
  },
});
const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) fail(`There is no benchmark ${unknown.join(", ")}: ${benchmarks.map(({ name }) => name)}`);
const usual = benchmarks.filter(({ apart = false }) => !apart);
const chosen = positionals.length === 0 ? usual : benchmarks.filter(({ name }) => positionals.includes(name));
const areApart = chosen.every(({ apart = false }) => apart);
if (values.write && (values.quick || !(areApart || usual.every((benchmark) => chosen.includes(benchmark))))) {
  fail("--write is for a full run of all that are not apart, or of those that are");
}

const workspace = new Workspace();
process.on("exit", () => workspace.remove());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const machineLoad = new MachineLoad(Number(values.patience) * 1_000);
const profileFolder = values["cpu-prof"] === undefined ? undefined : resolve(values["cpu-prof"]);
const measured: Measured[] = [];
for (const benchmark of chosen) {
  const figures = await benchmark.run({ quick: values.quick, profileFolder, workspace, machineLoad });
  measured.push({ benchmark, figures });
  console.log(`${tableOf(benchmark.name, figures)}\n`);
}
const { disturbedRounds } = machineLoad;
if (disturbedRounds > 0) console.log(`Others used the CPUs in ${disturbedRounds} rounds: their figures say little.`);
if (values.write) {
  const page = join(import.meta.dirname, "../docs/benchmarks.md");
  const machine = describeMachine(workspace.folder, disturbedRounds);
  writeFileSync(page, rewritePage(readFileSync(page, "utf8"), measured, machine, new Date()));
  for (const { benchmark, figures } of measured) {
    if (benchmark.plot) writeFileSync(join(page, "..", benchmark.plot.file), benchmark.plot.draw(figures));
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
