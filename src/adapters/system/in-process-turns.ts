import { StorageUnavailableError } from "../../domain/kernel/storage-unavailable-error.ts";
import type { Turns } from "../../domain/kernel/turns.ts";

/** Tasks that go together: what each of them awaits, all others wait for too. */
const mostTogether = 32;
/** Tasks of one name that may wait. */
const mostWaiting = 10_000;
/** How long a task waits, in ms: short enough that its client has not given up. */
const patience = 8000;

interface Waiting {
  readonly task: unknown;
  readonly together: (tasks: readonly unknown[]) => Promise<readonly unknown[]>;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (reason: unknown) => void;
  impatience?: NodeJS.Timeout;
}

/** A name is remembered while a task of it runs. */
export class InProcessTurns implements Turns {
  /** By name, who waits behind those that run, in the order in which they came. */
  readonly #lines = new Map<string, Set<Waiting>>();

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
    const line = new Set<Waiting>();
    this.#lines.set(name, line);
    for (let group = [first]; group.length > 0; group = dequeue(line)) await settle(group);
    this.#lines.delete(name);
  }
}

function enqueue(line: Set<Waiting>, waiting: Waiting): void {
  if (line.size >= mostWaiting) {
    waiting.reject(new StorageUnavailableError("Too many requests wait for their turn"));
    return;
  }
  line.add(waiting);
  waiting.impatience = setTimeout(() => {
    line.delete(waiting);
    waiting.reject(new StorageUnavailableError("The requests before this one took too long"));
  }, patience);
}

function dequeue(line: Set<Waiting>): Waiting[] {
  const group = [...line.values().take(mostTogether)];
  for (const waiting of group) {
    line.delete(waiting);
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
