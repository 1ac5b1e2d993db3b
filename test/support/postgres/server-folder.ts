import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findServerUser, giveTo, type ServerUser } from "./server-user.ts";

/** A temporary folder with one program running in it. Neither outlives this process, however that ends. */
export interface ServerFolder {
  readonly path: string;
  /** As whom its programs run, if not as ourselves. */
  readonly user: ServerUser | undefined;
  /** Starts a program. It must have ended before the next one starts. */
  run(program: string, parameters: readonly string[]): RunningProgram;
  /** What the programs wrote to their standard output and error. */
  readLog(): string;
  /** Ends the program, if one still runs, and removes the folder. */
  remove(): Promise<void>;
}

export interface RunningProgram {
  readonly pid: number | undefined;
  hasEnded(): boolean;
  /** Waits for its end, after the signal if one is given, and resolves to how it ended: `exit code 0`. */
  end(signal?: NodeJS.Signals): Promise<string>;
}

const script = join(import.meta.dirname, "end-with-parent.sh");

/** @param name how the folder's name begins; short, since the path of a Unix socket has 107 bytes at most */
export function openServerFolder(name: string, parent = tmpdir()): ServerFolder {
  const path = mkdtempSync(join(parent, name));
  // In a session of its own, so that Ctrl-C or the end of a terminal does not reach it.
  const watchdog = spawn("sh", [script, path], { cwd: "/", detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const { stdin } = watchdog;
  // A server that is left running does not keep the process of its tests.
  watchdog.unref();
  (stdin as Socket).unref();

  const tell = (line: string) => stdin.writable && stdin.write(`${line}\n`);
  const user = findServerUser();
  giveTo(user, path);
  return {
    path,
    user,
    run: (program, parameters) => {
      const child = startIn(path, user, program, parameters);
      tell(String(child.pid ?? ""));
      return follow(child, () => tell(""));
    },
    readLog: () => readFileSync(join(path, "log"), "utf8"),
    remove: async () => {
      if (watchdog.exitCode !== null || watchdog.signalCode !== null) return;
      watchdog.ref();
      stdin.end();
      await once(watchdog, "exit");
    },
  };
}

function startIn(
  folder: string,
  user: ServerUser | undefined,
  program: string,
  parameters: readonly string[],
): ChildProcess {
  const log = openSync(join(folder, "log"), "a");
  // None of the caller's PG* variables; messages in English.
  const env = { PATH: process.env["PATH"], LC_ALL: "C" };
  const options = { cwd: folder, env, detached: true, ...user } as const;
  try {
    return spawn(program, parameters, { ...options, stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

function follow(child: ChildProcess, ended: () => void): RunningProgram {
  let how: string | undefined;
  const end = new Promise<string>((done) => {
    const finish = (text: string) => {
      how ??= text;
      ended();
      done(how);
    };
    child.once("error", (error) => finish(error.message));
    child.once("exit", (code, signal) => finish(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  child.unref();
  return {
    pid: child.pid,
    hasEnded: () => how !== undefined,
    end: async (signal) => {
      if (how !== undefined) return how;
      child.ref();
      if (signal !== undefined) child.kill(signal);
      return end;
    },
  };
}
