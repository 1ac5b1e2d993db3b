import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../../src/cli/claviger.ts", import.meta.url));

interface Surroundings {
  readonly folder: string;
  /** In addition to PATH; nothing else of the tests' own environment is seen. */
  readonly environment?: Record<string, string>;
  readonly input?: string;
  /** Another program than the command line. */
  readonly program?: string;
}

export interface Ended {
  /** Null where a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the match once stdout has it. Rejects if the process ends before. */
  untilPrinted(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts the command line as a process of its own, from source. */
export function startClaviger(args: readonly string[], surroundings: Surroundings): Running {
  const child = spawn(process.execPath, [surroundings.program ?? entry, ...args], {
    cwd: surroundings.folder,
    env: { PATH: process.env["PATH"], ...surroundings.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      printed[stream] += text;
      child.emit("printed");
    });
  }
  child.stdin.end(surroundings.input ?? "");
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...printed })));
  const untilPrinted = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(printed.stdout);
      if (match) return match;
      const news = new Promise<"printed">((resolve) => child.once("printed", () => resolve("printed")));
      if ((await Promise.race([news, ended])) !== "printed") {
        throw new Error(`ended without printing ${pattern}: ${JSON.stringify(await ended)}`);
      }
    }
  };
  return { process: child, ended, untilPrinted };
}

/** Runs the command line to its end. */
export function runClaviger(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return startClaviger(args, surroundings).ended;
}

/** A folder that is gone after the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "claviger-cli-"));
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** Waits until the server answers `/health` with 200. */
export async function untilHealthy(url: string, running: Running): Promise<void> {
  let hasEnded = false;
  void running.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server ended: ${JSON.stringify(await running.ended)}`);
}
