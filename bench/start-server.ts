import { join } from "node:path";
import { writeSigningKey } from "../test/support/signing-key.ts";
import type { RunOptions } from "./benchmark.ts";
import { Child } from "./child/child.ts";
import type { Memory } from "./child/process-usage.ts";
import { serverName } from "./population/identities.ts";
import type { StartParameters } from "./processes/server.ts";
import type { TracedStatement } from "./tracing/traced-statement.ts";

export interface StartServerOptions {
  readonly folder: string;
  readonly openFiles?: number;
  readonly traced?: boolean;
  /** Where it writes a CPU profile when it stops. */
  readonly profileFolder?: string | undefined;
  /** Sections of its config in place of the usual ones. */
  readonly config?: object;
}

/** The server under test, running. */
export interface RunningServer {
  readonly url: string;
  memory(): Promise<Memory>;
  /** CPU time so far, in ms. */
  cpu(): Promise<number>;
  /** For how long its event loop was held at most since it was last asked, in ms. */
  longestHold(): Promise<number>;
  /** The statements that ran since it was last asked. */
  takeTrace(): Promise<TracedStatement[]>;
  stop(): Promise<void>;
}

/** Starts a server whose data is in `folder`, with limits off. */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { folder, openFiles = 0, traced = false, profileFolder, config } = options;
  const nodeOptions = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  const child = new Child(new URL("./processes/server.ts", import.meta.url), { nodeOptions, openFiles });
  // A population is used from another folder than that in which it was made, and by several processes.
  writeSigningKey(folder);
  const parameters: StartParameters = { config: { ...serverConfig(folder), ...config }, traced };
  try {
    const url = await child.call<string>("start", parameters);
    return {
      url,
      memory: () => child.call("memory"),
      cpu: () => child.call("cpu"),
      longestHold: () => child.call("longestHold"),
      takeTrace: () => child.call("takeTrace"),
      stop: () => child.stop(),
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

export function serverConfig(folder: string, port = 0): object {
  return {
    server_name: serverName,
    data_dir: folder,
    database: { engine: "sqlite", path: join(folder, "claviger.db") },
    listeners: [{ port, bind: "127.0.0.1" }],
    limits: { enabled: false },
    log: { level: "error" },
  };
}

/** The options that a benchmark's main server is started with. */
export function measuredServer(options: RunOptions, folder: string): StartServerOptions {
  return { folder, profileFolder: options.profileFolder };
}
