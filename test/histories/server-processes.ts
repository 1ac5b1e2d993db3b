import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type Running, startClaviger, untilHealthy } from "../cli/run-claviger.ts";
import { writeSigningKey } from "../support/signing-key.ts";

interface ServerProcess {
  readonly folder: string;
  running: Running | undefined;
  /** Set while it serves. */
  url: string | undefined;
}

/** `claviger serve`, several times, each with a folder of its own below `folder`. */
export class ServerProcesses {
  readonly #processes: readonly ServerProcess[];
  readonly #config: object;
  #logs = "";

  constructor(folder: string, count: number, config: object) {
    this.#config = config;
    this.#processes = Array.from({ length: count }, (_, index) => {
      return { folder: join(folder, `process-${index}`), running: undefined, url: undefined };
    });
    for (const process of this.#processes) mkdirSync(process.folder);
  }

  urls(): readonly string[] {
    return this.#processes.flatMap(({ url }) => url ?? []);
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#processes.map((_, index) => this.start(index)));
  }

  /** A process that ends instead of serving is started again, as whoever runs a server does. */
  async start(index: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#startOnce(this.#at(index));
        return;
      } catch (error) {
        if (attempt === 5) throw error;
        this.#logs += `process ${index} did not start: ${String(error)}\n`;
      }
    }
  }

  async #startOnce(process: ServerProcess): Promise<void> {
    const port = await freePort();
    const listeners = [{ port, bind: "127.0.0.1", resources: ["client", "health"] }];
    writeSigningKey(join(process.folder, "data"));
    // JSON is YAML.
    const config = JSON.stringify({ data_dir: join(process.folder, "data"), ...this.#config, listeners });
    writeFileSync(join(process.folder, "claviger.yaml"), config);
    process.running = startClaviger(["serve", "--config", "claviger.yaml"], { folder: process.folder });
    const url = `http://127.0.0.1:${port}`;
    await untilHealthy(url, process.running);
    process.url = url;
  }

  async end(index: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const process = this.#at(index);
    const { running } = process;
    process.running = undefined;
    process.url = undefined;
    if (!running) return;
    running.process.kill(signal);
    const { code, stdout, stderr } = await running.ended;
    if (stdout + stderr !== "") this.#logs += `process ${index}:\n${stdout}${stderr}`;
    if (code !== null && code !== 0) this.#logs += `process ${index} ended with ${code}\n`;
  }

  /** What those that have ended had written. */
  async endAll(): Promise<string> {
    await Promise.all(this.#processes.map((_, index) => this.end(index, "SIGTERM")));
    return this.#logs;
  }

  #at(index: number): ServerProcess {
    const process = this.#processes[index];
    if (!process) throw new RangeError(`there is no process ${index}`);
    return process;
  }
}
