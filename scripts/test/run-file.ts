import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestEvent } from "./test-event.ts";

export interface FileResult {
  readonly file: string;
  passed: number;
  failed: number;
  skipped: number;
  /** Each with its name and what went wrong, in full. */
  readonly failures: { readonly name: string; readonly error: string }[];
  /** What tests said with `t.diagnostic`, such as a seed. */
  readonly notes: string[];
  /** All that the file wrote to its standard output and error. */
  output: string;
  milliseconds: number;
}

export interface RunOptions {
  /** How long one test may take, in ms. */
  readonly testTimeout: number;
  /** How long a file may stay when no test of it is running, in ms: longer means that it has left something open. */
  readonly idleTimeout: number;
  readonly namePattern?: string | undefined;
}

const reporter = fileURLToPath(new URL("./reporter.ts", import.meta.url));
/** Half of the start of a file is compiling: it takes what the files before it have compiled, and servers too (src/cli/claviger.ts). */
const compileCache = fileURLToPath(new URL("../../node_modules/.cache/claviger", import.meta.url));
const running = new Set<ChildProcess>();

/** Ends the files that are running, when `npm test` itself is ended. */
export function stopRunningFiles(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

/**
 * Runs one test file in a process of its own, and never waits for ever: a test that hangs fails by itself, a file that does not
 * end, ends early or crashes counts as one failed test more.
 */
export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const result: FileResult = {
    file,
    passed: 0,
    failed: 0,
    skipped: 0,
    failures: [],
    notes: [],
    output: "",
    milliseconds: 0,
  };
  const began = performance.now();
  const child = start(file, options);
  running.add(child);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    result.output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    result.output += text;
  });
  const watched = watch(child, options, (event) => count(event, result));
  const end = await new Promise<string>((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (code, signal) => done(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  running.delete(child);
  watched.stop();
  const wrong = watched.isStuck()
    ? "it did not end: something was left open"
    : verdict(end, watched.isFinished(), result);
  if (wrong !== undefined) {
    result.failed += 1;
    result.failures.push({ name: file, error: wrong });
  }
  result.milliseconds = performance.now() - began;
  return result;
}

function start(file: string, { testTimeout, namePattern }: RunOptions): ChildProcess {
  const filter = namePattern === undefined ? [] : [`--test-name-pattern=${namePattern}`];
  const parameters = [`--test-reporter=${reporter}`, `--test-timeout=${testTimeout}`, ...filter, file];
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env };
  return spawn(process.execPath, parameters, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
}

interface Watch {
  isFinished(): boolean;
  isStuck(): boolean;
  stop(): void;
}

/** Ends a file that has said nothing for too long. */
function watch(
  child: ChildProcess,
  { testTimeout, idleTimeout }: RunOptions,
  heard: (event: TestEvent) => void,
): Watch {
  let underWay = 0;
  let isFinished = false;
  let isStuck = false;
  const giveUp = () => {
    isStuck = true;
    child.kill("SIGTERM");
    timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  };
  let timer = setTimeout(giveUp, testTimeout + idleTimeout);
  child.on("message", (event: TestEvent) => {
    if (event.type === "began") underWay += 1;
    if (event.type === "ended") underWay -= 1;
    if (event.type === "finished") isFinished = true;
    if (!isStuck) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, underWay > 0 ? testTimeout + idleTimeout : idleTimeout);
    }
    heard(event);
  });
  return { isFinished: () => isFinished, isStuck: () => isStuck, stop: () => clearTimeout(timer) };
}

function count(event: TestEvent, result: FileResult): void {
  if (event.type === "note") result.notes.push(event.text);
  if (event.type === "failed" && event.error !== undefined)
    result.failures.push({ name: event.name, error: event.error });
  // A suite is not a test; it counts when it fails by itself, in a hook.
  if (event.type === "failed" && (!event.isSuite || event.error !== undefined)) result.failed += 1;
  if (event.type === "passed" && !event.isSuite) result.passed += 1;
  if (event.type === "skipped" && !event.isSuite) result.skipped += 1;
}

/** What is wrong with how the file ended, if anything. */
function verdict(end: string, isFinished: boolean, { passed, failed, skipped }: FileResult): string | undefined {
  if (end !== "exit code 0") return failed > 0 && isFinished ? undefined : `it ended with ${end}`;
  if (!isFinished && passed + skipped > 0) return "it ended before its last test";
  return undefined;
}
