import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProxiedQuery, ProxiedUserKeys } from "../../domain/appservices/appservice-keys.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { ProxyOutcome } from "../../domain/kernel/observer.ts";
import { isUser, type WakeName } from "../../domain/kernel/unit-of-work.ts";
import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { emptyObject } from "../../protocol/json.ts";
import type { KeyRequests } from "./key-requests.ts";
import type { ProxyReports } from "./proxy-reports.ts";
import { AskedUser, QueryCaller } from "./query-callers.ts";
import { type ReadKeys, readQueryAnswer } from "./read-query-answer.ts";
import { RecentAnswers } from "./recent-answers.ts";

const mostRequests = 4;

/** In one request. */
const mostUsers = 250;

/** Who comes then gets nothing. */
const mostWaiting = 20_000;

/** Of users and callers that are gone through before others have their turn. */
const turn = 1000;

/**
 * The queries of one appservice's users (MSC3984). A user is in one request at a time, and whoever wants the same
 * meanwhile, or within 5 seconds, shares the answer.
 */
export class SharedQueries {
  readonly #requests: KeyRequests;
  readonly #reports: ProxyReports;
  readonly #clock: Clock;
  readonly #recent = new RecentAnswers();
  readonly #waiting = new Map<UserId, AskedUser>();
  readonly #inFlight = new Map<UserId, AskedUser>();
  #requestsInFlight = 0;
  /** In the next request: half as many after an answer that was too long, and one more after each that was not. */
  #mostUsers = mostUsers;
  #closed = false;

  constructor(requests: KeyRequests, reports: ProxyReports, clock: Clock) {
    this.#requests = requests;
    this.#reports = reports;
    this.#clock = clock;
  }

  async query(query: ProxiedQuery, timeout: number): Promise<ReadonlyMap<UserId, ProxiedUserKeys>> {
    const caller = new QueryCaller(query, timeout, this);
    let users = 0;
    for (const [userId, devices] of query) {
      if (++users % turn === 0) await nextTurn();
      if (caller.hasEnded) break;
      this.#want(caller, userId, devices);
    }
    caller.hasAskedAll();
    this.#sendWaiting();
    return caller.found;
  }

  /** A caller waits no longer; who nobody waits for goes into no request. */
  withdraw(caller: QueryCaller, users: Iterable<AskedUser>): void {
    for (const user of users) {
      user.callers.delete(caller);
      if (user.callers.size === 0 && this.#waiting.get(user.userId) === user) this.#waiting.delete(user.userId);
      this.#reports.asked("query", "failed");
    }
  }

  /** What these users' devices are may have changed: what is known and what is on its way serves nobody who comes now. */
  forget(names: Iterable<WakeName>): void {
    for (const name of names) {
      if (!isUser(name)) continue;
      this.#recent.drop(name);
      const user = this.#inFlight.get(name);
      if (user) user.isOutdated = true;
    }
  }

  forgetAll(): void {
    this.#recent.clear();
    for (const user of this.#inFlight.values()) user.isOutdated = true;
  }

  /** Everybody who waits gets nothing. */
  close(): void {
    this.#closed = true;
    this.#recent.clear();
    void this.#settle([...this.#inFlight.values()], "failed");
    this.#settleWaiting();
  }

  #want(caller: QueryCaller, userId: UserId, devices: ReadonlySet<DeviceId>): void {
    const recent = this.#recent.find(userId, devices, this.#clock.monotonic());
    if (recent) {
      caller.take(userId, recent.keys);
      this.#reports.asked("query", "shared");
      return;
    }
    const onItsWay = this.#inFlight.get(userId);
    const waiting = this.#waiting.get(userId);
    if (this.#closed || this.#requests.backOff.spares) this.#reports.asked("query", "spared");
    else if (onItsWay?.serves(devices)) caller.await(onItsWay);
    else if (waiting) caller.await(waiting.widen(devices));
    else if (this.#waiting.size >= mostWaiting) this.#reports.asked("query", "spared");
    else {
      const user = new AskedUser(userId, devices);
      this.#waiting.set(userId, user);
      caller.await(user);
    }
  }

  #sendWaiting(): void {
    while (this.#waiting.size > 0) {
      if (this.#requests.backOff.spares) {
        this.#settleWaiting();
        return;
      }
      const batch = this.#requestsInFlight < mostRequests ? this.#takeBatch() : [];
      if (batch.length === 0) return;
      void this.#send(batch);
    }
  }

  /** Those first in line who are not in a request already. */
  #takeBatch(): AskedUser[] {
    const free = this.#waiting.values().filter(({ userId }) => !this.#inFlight.has(userId));
    const batch = free.take(this.#mostUsers).toArray();
    for (const user of batch) {
      this.#waiting.delete(user.userId);
      this.#inFlight.set(user.userId, user);
    }
    return batch;
  }

  async #send(batch: readonly AskedUser[]): Promise<void> {
    this.#requestsInFlight++;
    const asked = new Map(batch.map(({ userId, devices }) => [userId, devices]));
    const canBeSmaller = batch.length > 1 && !this.#closed;
    const { found, tooLong } = await this.#requests.ask(bodyOf(asked), canBeSmaller, (answer) =>
      readQueryAnswer(answer, asked),
    );
    this.#requestsInFlight--;
    for (const { userId } of batch) this.#inFlight.delete(userId);
    if (found) {
      this.#reports.dropped(found.dropped);
      if (batch.length >= this.#mostUsers) this.#mostUsers = Math.min(this.#mostUsers + 1, mostUsers);
      this.#remember(batch, found.users);
    }
    if (tooLong) this.#askInParts(batch);
    this.#sendWaiting();
    if (!tooLong) await this.#settle(batch, found ? "answered" : "failed", found?.users);
  }

  #remember(batch: readonly AskedUser[], found: ReadonlyMap<UserId, ReadKeys>): void {
    const now = this.#clock.monotonic();
    for (const { userId, devices, isOutdated } of batch) {
      if (!isOutdated) this.#recent.put(userId, devices, found.get(userId), now);
    }
  }

  /** The answer about all of them was too long: they wait again, for smaller requests. */
  #askInParts(batch: readonly AskedUser[]): void {
    this.#mostUsers = Math.max(1, Math.floor(batch.length / 2));
    for (const user of batch) {
      if (user.callers.size === 0) continue;
      const waiting = this.#waiting.get(user.userId);
      if (!waiting) this.#waiting.set(user.userId, user);
      else for (const caller of user.callers) caller.awaitInstead(user, waiting.widen(user.devices));
      user.isOutdated = false;
    }
  }

  #settleWaiting(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    void this.#settle(waiting, "spared");
  }

  /** Hands out what was found. A thousand callers may want the same 250 users: others have their turn in between. */
  async #settle(
    users: readonly AskedUser[],
    outcome: ProxyOutcome,
    found?: ReadonlyMap<UserId, ReadKeys>,
  ): Promise<void> {
    let handed = 0;
    for (const user of users) {
      let said = outcome;
      for (const caller of user.callers) {
        if (++handed % turn === 0) await nextTurn();
        if (!caller.receive(user, found?.get(user.userId))) continue;
        this.#reports.asked("query", said);
        if (said === "answered") said = "shared";
      }
    }
  }
}

/** `{"@user:server": ["DEVICE"]}`; an empty list means all devices. */
function bodyOf(asked: ProxiedQuery): string {
  const users = emptyObject<string[]>();
  for (const [userId, devices] of asked) users[userId] = [...devices];
  return JSON.stringify(users);
}
