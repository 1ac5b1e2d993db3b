import type { ServerName } from "../protocol/identifiers/server-name.ts";
import type { AnsweringServers } from "./answering-servers.ts";

/** Transactions on their way at once. */
const mostTurns = 32;
/** Of them to servers that have just failed: however many servers are dead, the others go on. */
const mostRetries = mostTurns / 4;
/** Beside them, to servers that are known to answer, while all of them are taken by servers that say nothing. */
const mostExtraTurns = 16;
/** Ms by which the two clocks may differ from one look to the next. */
const clockDrift = 1000;
/** Ms in which a server that is there has taken a transaction. */
const usualTime = 1000;

/** A server is not sent anything for a while. Times are ms of the monotonic clock. */
export interface Pause {
  /** No sign of life makes it end before. */
  readonly earliest: number;
  readonly end: number;
  /** Whether the server has failed; else something failed here. */
  readonly isFailing: boolean;
}

interface Turn {
  readonly isRetry: boolean;
  readonly isExtra: boolean;
  /** Ms of the monotonic clock. */
  readonly begin: number;
  readonly end: AbortController;
  /** Something has come up for the server since it was last looked for. */
  isWoken: boolean;
}

/**
 * Which server is sent something next: each has one turn at a time, one transaction long, and goes to the end of the
 * queue. There is a name in memory for each server that waits, and nothing more.
 */
export class Turns {
  readonly #answering: AnsweringServers;
  /** Something waits for them, in the order in which they are served. */
  readonly #waiting = new Set<ServerName>();
  /** Their pause after a failure is over. They have places of their own. */
  readonly #retrying = new Set<ServerName>();
  readonly #paused = new Map<ServerName, Pause>();
  readonly #underWay = new Map<ServerName, Turn>();
  /** Woken in a pause: it may have been made short. */
  readonly #doubtful = new Set<ServerName>();

  constructor(answering: AnsweringServers) {
    this.#answering = answering;
  }

  /** Whether time has to be looked at. */
  get dependsOnTime(): boolean {
    return this.#paused.size > 0 || (this.#waiting.size > 0 && this.#isFull);
  }

  /** Something waits for the server, or it has shown that it is there. */
  wake(server: ServerName): void {
    const turn = this.#underWay.get(server);
    if (turn) turn.isWoken = true;
    else if (this.#paused.has(server)) this.#doubtful.add(server);
    else if (!this.#retrying.has(server)) this.#waiting.add(server);
  }

  /** Those whose pauses may have been made short, up to so many; whoever asks looks. */
  takeDoubtful(limit: number): ServerName[] {
    const some = [...this.#doubtful.values().take(limit)];
    for (const server of some) this.#doubtful.delete(server);
    return some;
  }

  /** What is stored of a server: the pause it is in, or none. */
  reconsider(server: ServerName, pause: Pause | undefined): void {
    const turn = this.#underWay.get(server);
    if (turn) turn.isWoken = true;
    if (turn || this.#retrying.has(server)) return;
    const before = this.#paused.get(server);
    this.#paused.delete(server);
    // In whatever process, it has shown that it is there.
    if (before && (pause?.end ?? 0) < before.end - clockDrift) this.#answering.noteAlive(server);
    if (!pause) this.#waiting.add(server);
    else {
      this.#waiting.delete(server);
      const earliest = Math.max(pause.earliest, before?.earliest ?? 0);
      this.#paused.set(server, { ...pause, earliest, end: Math.max(pause.end, earliest) });
    }
  }

  /** Ends the pauses that are over by now. */
  endPauses(now: number): void {
    for (const [server, { end, isFailing }] of this.#paused) {
      if (end > now) continue;
      this.#paused.delete(server);
      this.#doubtful.delete(server);
      (isFailing ? this.#retrying : this.#waiting).add(server);
    }
  }

  /** Begins a turn, if somebody waits and there is room. */
  begin(now: number): { readonly server: ServerName; readonly signal: AbortSignal } | undefined {
    const isExtra = this.#isFull;
    const server = isExtra ? this.#nextAnswering(now) : (this.#nextRetry() ?? this.#waiting.values().next().value);
    if (server === undefined) return undefined;
    const isRetry = this.#retrying.delete(server) && !this.#answering.has(server);
    this.#waiting.delete(server);
    const turn = { isRetry, isExtra, begin: now, end: new AbortController(), isWoken: false };
    this.#underWay.set(server, turn);
    return { server, signal: turn.end.signal };
  }

  get #isFull(): boolean {
    return this.#count(({ isExtra }) => !isExtra) >= mostTurns;
  }

  /** Who has shown that it is there since it failed does not wait behind those that have not. */
  #nextRetry(): ServerName | undefined {
    const answering = this.#retrying.values().find((server) => this.#answering.has(server));
    if (answering !== undefined) return answering;
    if (this.#count(({ isRetry }) => isRetry) >= mostRetries) return undefined;
    return this.#retrying.values().next().value;
  }

  /** The first in the queue that need not wait for the end of turns in which nothing happens. */
  #nextAnswering(now: number): ServerName | undefined {
    if (this.#count(({ isExtra }) => isExtra) >= mostExtraTurns) return undefined;
    if (this.#count(({ isExtra, begin }) => !isExtra && begin > now - usualTime) > 0) return undefined;
    const isAnswering = (server: ServerName) => this.#answering.has(server);
    return this.#retrying.values().find(isAnswering) ?? this.#waiting.values().find(isAnswering);
  }

  #count(isCounted: (turn: Turn) => boolean): number {
    return this.#underWay.values().reduce((count, turn) => count + (isCounted(turn) ? 1 : 0), 0);
  }

  /** Calls off first attempts that have begun before a time, when others wait for their places. */
  callOff(before: number): void {
    if (!this.#isFull || this.#waiting.size === 0) return;
    for (const { isRetry, begin, end } of this.#underWay.values()) if (!isRetry && begin <= before) end.abort();
  }

  /** Calls off all turns. */
  callOffAll(): void {
    for (const { end } of this.#underWay.values()) end.abort();
  }

  /** All that has woken the server is about to be seen. */
  look(server: ServerName): void {
    const turn = this.#underWay.get(server);
    if (turn) turn.isWoken = false;
  }

  /** The turn ends. More may wait, to be sent at the next one. */
  end(server: ServerName, hasMore: boolean): void {
    const isWoken = this.#underWay.get(server)?.isWoken;
    this.#underWay.delete(server);
    if (hasMore || isWoken) this.#waiting.add(server);
  }

  /** The turn ends, in vain. */
  pause(server: ServerName, pause: Pause): void {
    const isWoken = this.#underWay.get(server)?.isWoken;
    this.#underWay.delete(server);
    this.#paused.set(server, pause);
    if (isWoken) this.#doubtful.add(server);
  }
}
