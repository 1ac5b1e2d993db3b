import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import type { Answer, Question } from "./answer-calls.ts";

export interface ChildOptions {
  readonly nodeOptions?: readonly string[];
  /** Files and sockets that it may have open, as far as this machine lets it. */
  readonly openFiles?: number;
}

/** A program of `bench/processes` in a process of its own, asked over Node's channel between processes. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #ended: Promise<void>;
  #lastId = 0;

  /** @param program as `new URL("./processes/…", import.meta.url)` */
  constructor(program: URL, options: ChildOptions = {}) {
    const { nodeOptions = [], openFiles = 0 } = options;
    const command = [process.execPath, ...nodeOptions, fileURLToPath(program)];
    const raise = `ulimit -n ${openFiles} 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"`;
    const [file = "", ...parameters] = openFiles > 0 ? ["sh", "-c", raise, "sh", ...command] : command;
    this.#process = spawn(file, parameters, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#process.on("message", (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("error" in answer) waiting?.reject(new BrokenBenchmarkError(answer.error));
      else waiting?.resolve(answer.result);
    });
    this.#ended = new Promise((resolve) => this.#process.once("exit", () => resolve()));
    void this.#ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new BrokenBenchmarkError(`${program} has ended`));
    });
  }

  call<Result>(name: string, parameter?: unknown): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const question: Question = { id, name, parameter };
      this.#process.send(question, (error) => error && reject(error));
    });
  }

  /** Lets it end in order; what it still has to do (such as writing a profile) is done when this resolves. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.connected) this.#process.disconnect();
    const tooLong = setTimeout(() => this.#process.kill("SIGKILL"), 15_000);
    await this.#ended;
    clearTimeout(tooLong);
  }
}
