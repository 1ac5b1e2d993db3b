import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { Turns } from "./turns.ts";

/** How many requests are on their way at once. */
export interface SlotBounds {
  readonly perServer: number;
  readonly inAll: number;
}

/** Requests that wait for a slot: for one server, and in all. */
const mostWaitingPerServer = 1000;
const mostWaiting = 20_000;

/** Of all slots, what servers may take that are not known to answer. */
const strangersPart = 0.75;

interface Line {
  readonly turns: Turns;
  /** Requests that wait or run. */
  requests: number;
}

/**
 * Bounds the requests on their way, so that a server which is slow or dead takes no slot of another. However many such
 * servers there are, those known to answer find slots that are theirs alone.
 */
export class RequestSlots {
  readonly #perServer: number;
  readonly #all: Turns;
  readonly #strangers: Turns;
  readonly #lines = new Map<ServerName, Line>();

  constructor({ perServer, inAll }: SlotBounds) {
    this.#perServer = perServer;
    this.#all = new Turns(inAll, mostWaiting);
    this.#strangers = new Turns(Math.max(1, Math.floor(inAll * strangersPart)), mostWaiting);
  }

  /**
   * Runs a task as soon as there is a slot.
   * @param isKnown whether the server is known to answer
   * @param signal ends the waiting
   * @returns `undefined` when there was none in time, or too many wait already
   */
  async run<T>(
    server: ServerName,
    isKnown: boolean,
    signal: AbortSignal,
    task: () => Promise<T>,
  ): Promise<T | undefined> {
    const line = this.#lineOf(server);
    line.requests++;
    try {
      return await takingAll([line.turns, ...(isKnown ? [] : [this.#strangers]), this.#all], signal, task);
    } finally {
      if (--line.requests === 0) this.#lines.delete(server);
    }
  }

  #lineOf(server: ServerName): Line {
    const known = this.#lines.get(server);
    if (known) return known;
    const line = { turns: new Turns(this.#perServer, mostWaitingPerServer), requests: 0 };
    this.#lines.set(server, line);
    return line;
  }
}

async function takingAll<T>(
  [first, ...others]: readonly Turns[],
  signal: AbortSignal,
  task: () => Promise<T>,
): Promise<T | undefined> {
  if (first === undefined) return task();
  if (!(await first.take(signal))) return undefined;
  try {
    return await takingAll(others, signal, task);
  } finally {
    first.pass();
  }
}
