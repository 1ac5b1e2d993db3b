import type { FederationFeedStores } from "../domain/federation-feed/feed-stores.ts";
import { type NextTransactionDeps, nextTransaction } from "../domain/federation-feed/next-transaction.ts";
import { noteFailure } from "../domain/federation-feed/note-failure.ts";
import type { DestinationFailure, FederationTransaction } from "../domain/federation-out/destination-store.ts";
import type { RemoteFailure } from "../domain/federation-out/remote-answer.ts";
import type { TransactionGateway } from "../domain/federation-out/transaction-gateway.ts";
import { LeaseLostError } from "../domain/kernel/lease.ts";
import type { FederationObserver } from "../domain/kernel/observer.ts";
import type { Snapshots } from "../domain/kernel/unit-of-work.ts";
import type { ServerName } from "../protocol/identifiers/server-name.ts";
import type { AnsweringServers } from "./answering-servers.ts";
import { Bell } from "./bell.ts";
import { type Pause, Turns } from "./federation-turns.ts";
import type { WorkerLog } from "./worker-log.ts";

export interface FederationLoopOptions extends Omit<NextTransactionDeps, "unitOfWork"> {
  readonly transactionGateway: TransactionGateway;
  readonly federationObserver: Pick<FederationObserver, "federationTransactionEnded" | "federationMessagesForgotten">;
  readonly snapshots: Snapshots<FederationFeedStores>;
  readonly answering: AnsweringServers;
  readonly log: WorkerLog;
}

/** Ms between two attempts at least, also when the server is known to be there: it may be there and refuse. */
const leastPause = 1000;
/** Ms: whatever is stored, a clock that was put back makes no pause longer. */
const longestPause = 2 * 3600_000;
/** Ms between two looks at the clock, which need not be the timers' own. */
const lookInterval = 1000;
/** Ms after which a first attempt gives up its place when others wait for one; a later one has all the time it needs. */
const patience = 10_000;
/** Ms after the database, or this program, has failed. */
const pauseAfterTrouble = 5000;
/** Ms in which trouble is told once. */
const troubleInterval = 60_000;
/** Servers looked for in one snapshot. */
const page = 500;

/** Sends all servers their transactions, as long as the lease lasts. */
export class FederationLoop {
  readonly #options: FederationLoopOptions;
  readonly #unitOfWork: NextTransactionDeps["unitOfWork"];
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #turns: Turns;
  readonly #bell = new Bell();
  readonly #running = new Set<Promise<void>>();
  /** Transactions that were taken, where that could not be stored yet. */
  readonly #taken = new Map<ServerName, string>();
  #mustLookForAll = true;
  /** Ms of the monotonic clock, as the next. */
  #nextLook = 0;
  #nextTrouble = 0;
  #lost: LeaseLostError | undefined;

  constructor(options: FederationLoopOptions, unitOfWork: NextTransactionDeps["unitOfWork"], signal: AbortSignal) {
    this.#options = options;
    this.#unitOfWork = unitOfWork;
    this.#turns = new Turns(options.answering);
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    this.#signal.addEventListener("abort", () => this.#turns.callOffAll());
  }

  /** Something waits for these servers, or they have shown that they are there. */
  wake(servers: Iterable<ServerName>): void {
    for (const server of servers) this.#turns.wake(server);
    this.#bell.ring();
  }

  wakeAll(): void {
    this.#mustLookForAll = true;
    this.#bell.ring();
  }

  /**
   * Goes on until the signal is aborted. What is being sent then stays stored, and is sent again.
   * @throws LeaseLostError
   */
  async run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#signal.aborted) {
      this.#bell.quiet();
      const isTroubled = !(await this.#look());
      const now = clock.monotonic();
      this.#turns.endPauses(now);
      this.#turns.callOff(now - patience);
      this.#beginTurns(now);
      await this.#bell.wait(this.#signal, isTroubled || this.#turns.dependsOnTime ? lookInterval : undefined);
    }
    await Promise.all(this.#running);
    if (this.#lost) throw this.#lost;
  }

  #beginTurns(now: number): void {
    for (let turn = this.#next(now); turn; turn = this.#next(now)) {
      const running = this.#serve(turn.server, turn.signal).finally(() => {
        this.#running.delete(running);
        this.#bell.ring();
      });
      this.#running.add(running);
    }
  }

  #next(now: number): ReturnType<Turns["begin"]> {
    return this.#signal.aborted ? undefined : this.#turns.begin(now);
  }

  /**
   * Looks into the database where something may have changed that was not told in full.
   * @returns false when there is still something to look for
   */
  async #look(): Promise<boolean> {
    if (this.#options.clock.monotonic() < this.#nextLook) return false;
    try {
      if (this.#mustLookForAll) {
        this.#mustLookForAll = false;
        await this.#lookForAll();
      }
      await this.#lookAtDoubtful();
      return true;
    } catch (error) {
      // What was doubtful may have been lost.
      this.#mustLookForAll = true;
      this.#nextLook = this.#options.clock.monotonic() + pauseAfterTrouble;
      this.#reportTrouble(error);
      return false;
    }
  }

  async #lookForAll(): Promise<void> {
    const { snapshots } = this.#options;
    const failures = await snapshots.read(({ destinations }) => destinations.listFailures());
    for (const failure of failures) this.#turns.reconsider(failure.server, this.#pauseOf(failure));
    const failing = new Set(failures.map(({ server }) => server));
    let after: ServerName | undefined;
    do {
      const servers = await snapshots.read(({ federationQueue }) => federationQueue.listDestinations(after, page));
      for (const server of servers) if (!failing.has(server)) this.#turns.wake(server);
      after = servers.length === page ? servers.at(-1) : undefined;
    } while (after !== undefined && !this.#signal.aborted);
  }

  async #lookAtDoubtful(): Promise<void> {
    for (let some = this.#turns.takeDoubtful(page); some.length > 0; some = this.#turns.takeDoubtful(page)) {
      const pauses = await this.#options.snapshots.read(async ({ destinations }) => {
        const found: [ServerName, Pause | undefined][] = [];
        for (const server of some) {
          const failure = await destinations.findFailure(server);
          found.push([server, failure && this.#pauseOf(failure)]);
        }
        return found;
      });
      for (const [server, pause] of pauses) this.#turns.reconsider(server, pause);
    }
  }

  /** What is left of it. */
  #pauseOf({ nextAttemptAt }: DestinationFailure): Pause {
    const { clock } = this.#options;
    const left = Math.min(Math.max(nextAttemptAt - clock.now(), 0), longestPause);
    return { earliest: 0, end: clock.monotonic() + left, isFailing: true };
  }

  /** One turn: a transaction is sent, where one waits. It never rejects. */
  async #serve(server: ServerName, calledOff: AbortSignal): Promise<void> {
    const { transactionGateway, federationObserver, log } = this.#options;
    try {
      const transaction = await this.#nextTransaction(server);
      if (!transaction || this.#signal.aborted) return this.#turns.end(server, false);
      const failure = await transactionGateway.sendTransaction(server, transaction.id, transaction.body, calledOff);
      if (failure) return await this.#fail(server, transaction, failure, calledOff);
      federationObserver.federationTransactionEnded("delivered");
      this.#options.answering.noteAnswer(server);
      log.debug("a server has taken a transaction", { server });
      this.#taken.set(server, transaction.id);
      this.#turns.look(server);
      // Also when the end has come meanwhile: what was taken is noted.
      this.#turns.end(server, (await this.#nextTransaction(server)) !== undefined);
    } catch (error) {
      this.#stumble(server, error);
    }
  }

  async #nextTransaction(server: ServerName): Promise<FederationTransaction | undefined> {
    const deps = { ...this.#options, unitOfWork: this.#unitOfWork };
    const transaction = await nextTransaction(deps, server, this.#taken.get(server));
    this.#taken.delete(server);
    return transaction;
  }

  async #fail(
    server: ServerName,
    transaction: FederationTransaction,
    failure: RemoteFailure,
    calledOff: AbortSignal,
  ): Promise<void> {
    if (this.#signal.aborted) return;
    const { federationObserver, clock, log } = this.#options;
    federationObserver.federationTransactionEnded("failed");
    this.#options.answering.noteFailure(server);
    const why: RemoteFailure = calledOff.aborted
      ? { kind: "timeout", error: `it has not answered within ${patience} ms, and others were waiting` }
      : failure;
    const deps = { ...this.#options, unitOfWork: this.#unitOfWork, observer: federationObserver };
    const { attempts, pause, givenUp } = await noteFailure(deps, server, transaction, why);
    log.debug("a server takes no transactions", { server, reason: why.error, attempts });
    if (givenUp) log.warn("a transaction that a server refuses was given up", { server, reason: why.error });
    const now = clock.monotonic();
    const earliest = now + Math.min(leastPause, pause);
    this.#turns.pause(server, { earliest, end: now + pause, isFailing: true });
  }

  /** The database, or this program, has failed. */
  #stumble(server: ServerName, error: unknown): void {
    if (error instanceof LeaseLostError) {
      this.#lost = error;
      this.#end.abort();
      return;
    }
    this.#reportTrouble(error);
    const end = this.#options.clock.monotonic() + pauseAfterTrouble;
    this.#turns.pause(server, { earliest: end, end, isFailing: false });
  }

  #reportTrouble(error: unknown): void {
    const now = this.#options.clock.monotonic();
    if (now < this.#nextTrouble) return;
    this.#nextTrouble = now + troubleInterval;
    this.#options.log.error("transactions to other servers wait", { error });
  }
}
