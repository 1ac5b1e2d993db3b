import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openPostgres } from "../../src/adapters/sql/dialect/postgres/open-postgres.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { noteStores } from "../storage/note-stores.ts";
import { tidyLater } from "./tidy.ts";

interface Writing {
  readonly url: string;
  readonly dataDir: string;
  readonly round: number;
}

/** A process that opens a database and writes note after note until it is killed. */
export class KilledWriter {
  readonly #child;
  readonly #lines;
  #stored = 0;

  /** Killed after the test. */
  constructor(t: TestContext, writing: Writing) {
    tidyLater(t, () => this.kill());
    const program = fileURLToPath(import.meta.url);
    this.#child = spawn(process.execPath, [program, JSON.stringify(writing)], { stdio: ["ignore", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** What it suspected when it had opened the database. */
  async opened(): Promise<string> {
    return (await this.#lines.next()).value as string;
  }

  /** Resolves once it has stored so many notes. */
  async untilStored(count: number): Promise<void> {
    while (this.#stored < count) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the writer ended by itself after ${this.#stored} notes`);
      this.#stored = Number(value);
    }
  }

  /** Kills it without warning; gives the number of notes that it is known to have stored. */
  async kill(): Promise<number> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#stored;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
    return this.#stored;
  }
}

async function write({ url, dataDir, round }: Writing): Promise<void> {
  const database = await openPostgres(
    {
      ...{ url, poolSize: 8, listenUrl: undefined, preparedStatements: "auto", dataDir, serverName: "example.org" },
      ...{ clock: systemClock, processId: `${process.pid}`, wake: () => undefined, wakeAll: () => undefined },
      ...{ timer: () => undefined, watchdog: false, role: "server" },
      onRestore: async (reason) => void process.stdout.write(`noticed ${reason}\n`),
    },
    noteStores,
  );
  process.stdout.write(`opened ${database.restoreSuspected}\n`);
  // Without a database there is nothing else that keeps the process.
  setInterval(() => undefined, 60_000);
  let stored = 0;
  const writeOn = async (writer: number) => {
    for (let note = 0; ; note++) {
      const text = `${dataDir} ${round} ${writer} ${note}`;
      await database.unitOfWork
        .run({}, ({ notes }) => notes.put(text))
        .then(
          () => process.stdout.write(`${++stored}\n`),
          () => undefined,
        );
    }
  };
  await Promise.all([writeOn(0), writeOn(1), writeOn(2)]);
}

if (import.meta.main) await write(JSON.parse(process.argv[2] ?? "") as Writing);
