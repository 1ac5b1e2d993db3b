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
    /** Seconds that may be spent waiting for other processes, and repeating what they have disturbed, in each benchmark. */
    patience: { type: "string", default: "20" },
  },
});
const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) fail(`There is no benchmark ${unknown.join(", ")}: ${benchmarks.map(({ name }) => name)}`);
const usual = benchmarks.filter(({ apart = false }) => !apart);
const chosen = positionals.length === 0 ? usual : benchmarks.filter(({ name }) => positionals.includes(name));
if (values.write && values.quick) fail("--write is for figures that were measured at leisure");

const workspace = new Workspace();
process.on("exit", () => workspace.remove());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const profileFolder = values["cpu-prof"] === undefined ? undefined : resolve(values["cpu-prof"]);
for (const benchmark of chosen) {
  const machineLoad = new MachineLoad(Number(values.patience) * 1_000);
  const figures = await benchmark.run({ quick: values.quick, profileFolder, workspace, machineLoad });
  const { disturbedRounds, stolenShare } = machineLoad;
  console.log(`${tableOf(benchmark.name, figures)}\n`);
  if (disturbedRounds > 0)
    console.log(`Others used the CPUs in ${disturbedRounds} rounds: their figures say little.\n`);
  const machine = describeMachine(workspace.folder, { disturbedRounds, stolenShare });
  // What is measured is kept, however the next ones end.
  if (values.write) write({ benchmark, figures, date: new Date(), machine });
}

function write(measured: Measured): void {
  const { benchmark, figures } = measured;
  const page = join(import.meta.dirname, "../docs/benchmarks.md");
  const order = benchmarks.map(({ name }) => name);
  writeFileSync(page, rewritePage(readFileSync(page, "utf8"), measured, order));
  if (benchmark.plot) writeFileSync(join(page, "..", benchmark.plot.file), benchmark.plot.draw(figures));
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
