import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { inRounds } from "../rounds.ts";
import { serverConfig } from "../start-server.ts";

export const start: Benchmark = {
  name: "start",
  about: `Time from the start of the process \`claviger serve\` to the first 200 of \`/health\`, on a database that is there
already; asked every few ms. Compiled is what \`npm run build\` makes. The floor: \`node -e 0\` from start to end.`,
  run: measure,
};

const root = join(import.meta.dirname, "../..");

async function measure({ quick, workspace, machineLoad }: RunOptions): Promise<Figure[]> {
  await promisify(execFile)(process.execPath, ["scripts/build.ts"], { cwd: root });
  const folder = workspace.newFolder("start");
  const port = await freePort();
  const config = join(folder, "claviger.yaml");
  writeFileSync(config, stringify(serverConfig(folder, port)));
  const serve = (program: string) => timeToHealth([join(root, program), "serve", "--config", config], port);
  // The first start makes the database, and brings the files into memory.
  for (const program of ["src/cli/claviger.ts", "dist/cli/claviger.js"]) await serve(program);
  const { compiled, source, bare } = await inRounds(machineLoad, quick ? 3 : 7, {
    compiled: () => serve("dist/cli/claviger.js"),
    source: () => serve("src/cli/claviger.ts"),
    bare: () => timeToExit(["-e", "0"]),
  });
  const floor = { floor: bare, floorName: "node -e 0" };
  return [
    { name: "compiled", unit: "ms", ours: compiled, ...floor, target: { of: "ours", is: "below", value: 300 } },
    { name: "from source", unit: "ms", ours: source, ...floor, target: { of: "ours", is: "below", value: 600 } },
  ];
}

/** In ms. The server is stopped in order before this resolves. */
async function timeToHealth(parameters: string[], port: number): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  while ((await healthOf(port)) !== 200) {
    if (child.exitCode !== null || performance.now() - began > 20_000) {
      child.kill("SIGKILL");
      throw new BrokenBenchmarkError(`${parameters.join(" ")} does not become healthy`);
    }
    await sleep(2);
  }
  const time = performance.now() - began;
  child.kill("SIGTERM");
  await ended;
  return time;
}

/** The status; `undefined` where nobody answers. */
function healthOf(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/health", agent: false }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
    });
    request.once("error", () => resolve(undefined));
  });
}

async function timeToExit(parameters: string[]): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, parameters, { stdio: "ignore" }), "exit");
  return performance.now() - began;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
