import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the test asks of the server's process. */
export type Asked = "start" | "stop" | "close";

/** What the server's process tells the test. */
export interface Told {
  readonly url?: string;
  readonly yardstick?: number;
  readonly started?: boolean;
  readonly longestTurn?: number;
}

const program = fileURLToPath(new URL("server-process.ts", import.meta.url));

/** Ms of CPU time that the yardstick takes where one request is meant to hold the event loop for 100 ms at most. */
const usualYardstick = 150;

/** CPU time is not quite steady either, and a garbage collection may fall into any turn. */
const generosity = 2.5;

/** A server in a process of its own, whose event loop is watched. */
export class MeasuredServer {
  readonly url: string;
  /** Ms of CPU time that one turn may take on this machine. */
  readonly longestAllowed: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, { url = "", yardstick = 0 }: Told) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
    this.longestAllowed = 100 * generosity * Math.max(1, yardstick / usualYardstick);
  }

  static async start(overrides: Record<string, unknown> = {}): Promise<MeasuredServer> {
    const folder = await mkdtemp(join(tmpdir(), "claviger-fuzz-"));
    const config = {
      server_name: "localhost",
      data_dir: folder,
      database: { engine: "sqlite", path: join(folder, "claviger.db") },
      listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health"] }],
      registration: { mode: "open" },
      limits: { enabled: false },
      log: { level: "warn" },
      ...overrides,
    };
    const child = fork(program, [JSON.stringify(config)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const ended = once(child, "exit").then(() => Promise.reject(new Error("The server has ended")));
    ended.catch(() => undefined);
    const [told] = (await Promise.race([once(child, "message"), ended])) as [Told];
    return new MeasuredServer(child, folder, told);
  }

  /** Of its SQLite. */
  get databasePath(): string {
    return join(this.#folder, "claviger.db");
  }

  /** Sends what `request` sends, and gives the ms of CPU time for which the server's event loop was held at once. */
  async longestTurn(request: () => Promise<unknown>): Promise<number> {
    await this.#ask("start");
    await request();
    return (await this.#ask("stop")).longestTurn ?? 0;
  }

  async close(): Promise<void> {
    this.#child.send("close" satisfies Asked);
    await once(this.#child, "exit");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ask(asked: Asked): Promise<Told> {
    this.#child.send(asked);
    const [told] = (await once(this.#child, "message")) as [Told];
    return told;
  }
}
