import { StorageUnavailableError } from "../../domain/kernel/storage-unavailable-error.ts";
import type { Turns } from "../../domain/kernel/turns.ts";

/** Tasks that go together: what each of them awaits, all others wait for too. */
const mostTogether = 32;
/** Tasks of one name that may wait. */
const mostWaiting = 10_000;
/** How long a task waits, in ms: short enough that its client has not given up. */
const patience = 8000;
/** When so many have gone together, the next ones gather: who has heard of one thing sends the next as a rule. */
const crowd = 6;
/** Ms for which they gather at most. */
const longestGathering = 3;

interface Waiting {
  readonly task: unknown;
  readonly together: (tasks: readonly unknown[]) => Promise<readonly unknown[]>;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (reason: unknown) => void;
  impatience?: NodeJS.Timeout;
}

/** Who waits behind those that run, in the order in which they came. */
interface Line {
  readonly waiting: Set<Waiting>;
  /** Told that somebody has come, while they gather. */
  whenCome?: (() => void) | undefined;
}

/** A name is remembered while a task of it runs, and while the next ones gather. */
export class InProcessTurns implements Turns {
  readonly #lines = new Map<string, Line>();

  take<Task, Outcome>(
    name: string,
    task: Task,
    together: (tasks: readonly Task[]) => Promise<readonly Outcome[]>,
  ): Promise<Outcome> {
    return new Promise<Outcome>((resolve, reject) => {
      const waiting = { task, together, resolve, reject } as Waiting;
      const line = this.#lines.get(name);
      if (line) enqueue(line, waiting);
      else void this.#run(name, waiting);
    });
  }

  async #run(name: string, first: Waiting): Promise<void> {
    const line: Line = { waiting: new Set() };
    this.#lines.set(name, line);
    for (let group = [first]; group.length > 0; group = dequeue(line)) {
      await settle(group);
      if (group.length >= crowd) await gather(line, group.length);
    }
    this.#lines.delete(name);
  }
}

function enqueue(line: Line, waiting: Waiting): void {
  if (line.waiting.size >= mostWaiting) {
    waiting.reject(new StorageUnavailableError("Too many requests wait for their turn"));
    return;
  }
  line.waiting.add(waiting);
  waiting.impatience = setTimeout(() => {
    line.waiting.delete(waiting);
    waiting.reject(new StorageUnavailableError("The requests before this one took too long"));
  }, patience);
  line.whenCome?.();
}

/** Resolves when as many wait as went before, or after some time. */
async function gather(line: Line, enough: number): Promise<void> {
  if (line.waiting.size >= enough) return;
  await new Promise<void>((resolve) => {
    const end = setTimeout(resolve, longestGathering);
    line.whenCome = () => {
      if (line.waiting.size < enough) return;
      clearTimeout(end);
      resolve();
    };
  });
  line.whenCome = undefined;
}

function dequeue(line: Line): Waiting[] {
  const group = [...line.waiting.values().take(mostTogether)];
  for (const waiting of group) {
    line.waiting.delete(waiting);
    clearTimeout(waiting.impatience);
  }
  return group;
}

/** Never rejects. */
async function settle(group: readonly Waiting[]): Promise<void> {
  try {
    const outcomes = await group[0]?.together(group.map(({ task }) => task));
    for (const [index, { resolve }] of group.entries()) resolve(outcomes?.[index]);
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}
