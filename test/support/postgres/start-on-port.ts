import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningProgram, ServerFolder } from "./server-folder.ts";

/** How long a server may take to start, in ms: recovery on a busy machine included. */
const startLimit = 60_000;

/** Calls `start` with a free port, and with another one when somebody else was quicker. */
export async function startOnFreePort(start: (port: number) => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    try {
      await start(port);
      return port;
    } catch (error) {
      if (attempt === 5 || !/address already in use|cannot listen/i.test(String(error))) throw error;
    }
  }
}

/** Waits until the server is ready; one that ends instead is an error, with its log. */
export async function waitUntilReady(
  program: RunningProgram,
  folder: ServerFolder,
  isReady: () => boolean,
): Promise<void> {
  const began = performance.now();
  while (!isReady()) {
    if (program.hasEnded()) throw new Error(`it ended with ${await program.end()}:\n${folder.readLog()}`);
    if (performance.now() - began > startLimit) {
      await program.end("SIGKILL");
      throw new Error(`it was not ready after ${startLimit} ms:\n${folder.readLog()}`);
    }
    await sleep(10);
  }
}

/**
 * Below the ports that systems give to those who ask for any: while a server is stopped, nobody takes its port, and it starts
 * again on the same one.
 */
async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const probe = createServer();
    const outcome = new Promise<boolean>((done) => {
      probe.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true));
    });
    if (!(await outcome)) continue;
    probe.close();
    await once(probe, "close");
    return port;
  }
}
