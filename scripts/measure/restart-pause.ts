// How long a crash of PostgreSQL is felt: two server processes under load, whose database is stopped at once and started again.
//   node scripts/measure/restart-pause.ts [--rounds=10] [--write]     --write puts the figures into docs/reliability.md
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Account } from "../../examples/matrix-client.ts";
import { freePort, type Running, startClaviger, untilHealthy } from "../../test/cli/run-claviger.ts";
import { configOf, writeUsers } from "../../test/postgres/house.ts";
import { KeyLoad, loadClients, loadUsers } from "../../test/postgres/key-load.ts";
import { Client } from "../../test/support/client.ts";
import { type Cluster, startCluster } from "../../test/support/postgres/cluster.ts";
import { writeFigures } from "./write-figures.ts";

interface Round {
  /** Ms from the beginning of the stop to the first answer with 200 to a request that was sent after it. */
  readonly pause: number;
  /** Ms for which PostgreSQL itself was away. */
  readonly away: number;
  readonly unavailable: number;
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "10" }, write: { type: "boolean", default: false } },
});
const folder = mkdtempSync(join(tmpdir(), "claviger-restart-"));
const cluster = await startCluster({ durable: true });
const processes: Running[] = [];
try {
  await cluster.createDatabase("claviger");
  const url = cluster.urlOf("claviger");
  const accounts = await writeUsers(join(folder, "seed"), url, [...loadUsers, "probe"]);
  const urls = [await serve("one", url), await serve("two", url)];
  const clientOf = (user: number, server: number) => new Client(urls[server] ?? "", accounts[user] as Account);
  const load = new KeyLoad(loadClients(clientOf, urls.length));
  load.start();
  const rounds: Round[] = [];
  for (let round = 0; round < Number(values.rounds); round++)
    rounds.push(await crash(load, clientOf(loadUsers.length, round % 2)));
  await load.untilServed(100);
  await load.stop();
  // Throws when anything that was answered is lost, or a key was given twice.
  await load.verify(url);
  report(describe(rounds, load.summary()));
} finally {
  for (const { process } of processes) process.kill("SIGKILL");
  await Promise.all(processes.map(({ ended }) => ended));
  await cluster.remove();
  rmSync(folder, { recursive: true, force: true });
}

async function serve(name: string, url: string): Promise<string> {
  const home = join(folder, name);
  mkdirSync(home);
  const port = await freePort();
  const listeners = [{ port, bind: "127.0.0.1", resources: ["client", "health"] }];
  writeFileSync(join(home, "claviger.yaml"), JSON.stringify({ ...configOf(join(home, "data"), url), listeners }));
  const running = startClaviger(["serve", "--config", "claviger.yaml"], { folder: home });
  processes.push(running);
  await untilHealthy(`http://127.0.0.1:${port}`, running);
  return `http://127.0.0.1:${port}`;
}

async function crash(load: KeyLoad, probe: Client): Promise<Round> {
  await load.untilServed(200);
  const before = load.statuses.get(503) ?? 0;
  const began = performance.now();
  const restarted = restart(cluster, began);
  while ((await probe.upload({})).status !== 200);
  const pause = performance.now() - began;
  const away = await restarted;
  await load.untilServed(50);
  return { pause, away, unavailable: (load.statuses.get(503) ?? 0) - before };
}

async function restart(crashed: Cluster, began: number): Promise<number> {
  await crashed.stop("immediate");
  await crashed.start();
  return performance.now() - began;
}

function describe(rounds: readonly Round[], summary: string): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const rows = rounds.map(
    ({ pause, away, unavailable }, index) => `| ${index + 1} | ${seconds(away)} | ${seconds(pause)} | ${unavailable} |`,
  );
  return [
    `Two server processes under load (uploads, claims, messages, syncs), on ${availableParallelism()} cores that PostgreSQL and the load share; PostgreSQL is stopped`,
    "as by a crash (`immediate`) and started again, which recovers. The pause is from the beginning of the stop to the first answer with 200 to a request sent after it.",
    "",
    "| round | PostgreSQL away, s | pause, s | requests answered 503 |",
    "| --: | --: | --: | --: |",
    ...rows,
    "",
    `Answered writes lost: 0. Keys given twice: 0. Other answers than 200 and 503: 0. (${summary})`,
  ].join("\n");
}

function report(text: string): void {
  console.log(text);
  if (values.write) writeFigures("reliability.md", "restart-pause", import.meta.filename, text);
}
