import { LeaseLostError } from "../domain/kernel/lease.ts";
import { isRoom, isUser, type UnitOfWork, type WakeName } from "../domain/kernel/unit-of-work.ts";
import type { UpdatingStores } from "../domain/remote-device-lists/apply-updates.ts";
import { putOffResyncs } from "../domain/remote-device-lists/put-off-resyncs.ts";
import type { RemoteDeviceList } from "../domain/remote-device-lists/remote-device-list-store.ts";
import { type ResyncDeps, resyncDeviceList } from "../domain/remote-device-lists/resync-device-list.ts";
import type { ServerName } from "../protocol/identifiers/server-name.ts";
import { serverNameOf, type UserId } from "../protocol/identifiers/user-id.ts";
import type { AnsweringServers } from "./answering-servers.ts";
import { Bell } from "./bell.ts";
import { ResyncPace } from "./device-list-resync-pace.ts";
import type { WorkerLog } from "./worker-log.ts";

export interface DeviceListResyncLoopOptions extends Omit<ResyncDeps, "unitOfWork"> {
  readonly serverName: ServerName;
  readonly answering: AnsweringServers;
  readonly log: WorkerLog;
}

type ResyncUnits = UnitOfWork<UpdatingStores>;

/** Fetches at once: altogether, from servers of which nothing is known, and from one server. */
const mostAtOnce = 32;
const mostOfStrangers = 16;
const mostPerServer = 2;
/** Lists that are looked at together: those that are being fetched are among them. */
const page = 2 * mostAtOnce;
/** Ms that a server has to answer, for nobody waits for it; and one of which nothing is known, for many may say nothing. */
const timeout = 30_000;
const timeoutOfStrangers = 10_000;
/** Ms by which lists of strangers are put off, where they would hide the others. */
const outOfTheWay = 10_000;
/** Ms between two looks at the clock, which need not be the timers' own. */
const lookInterval = 1000;
/** Ms after the database, or this program, has failed. */
const pauseAfterTrouble = 5000;

/** Fetches the device lists that are due. */
export class DeviceListResyncLoop {
  readonly #options: DeviceListResyncLoopOptions;
  readonly #news = new Bell();
  readonly #pace = new ResyncPace();
  /** Whose list is being fetched. */
  readonly #running = new Map<UserId, Promise<void>>();
  /** Whether a list waits to be fetched, as far as is known. */
  #isSomeWaiting = true;
  /** What fetches have failed with that are over. */
  #troubles: unknown[] = [];
  #isTroubled = false;

  constructor(options: DeviceListResyncLoopOptions) {
    this.#options = options;
  }

  /** A server that shows that it is alive makes due what waits to be fetched from it, if anything does. */
  wake(names: Iterable<WakeName>): void {
    if (this.#news.isRung) return;
    for (const name of names) {
      if (isRoom(name)) continue;
      const isNews = isUser(name) ? serverNameOf(name) !== this.#options.serverName : this.#isSomeWaiting;
      if (!isNews) continue;
      this.#news.ring();
      return;
    }
  }

  wakeAnyway(): void {
    this.#news.ring();
  }

  /**
   * Goes on until the signal is aborted. What is being fetched then stays due.
   * @throws LeaseLostError
   */
  async run(unitOfWork: ResyncUnits, signal: AbortSignal): Promise<void> {
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    this.#troubles = [];
    try {
      while (!either.aborted) await this.#round(unitOfWork, either);
    } finally {
      end.abort();
      await Promise.all(this.#running.values());
    }
  }

  async #round(unitOfWork: ResyncUnits, signal: AbortSignal): Promise<void> {
    try {
      for (const trouble of this.#troubles.splice(0)) throw trouble;
      this.#news.quiet();
      const next = await this.#beginDue(unitOfWork, signal);
      this.#isTroubled = false;
      await this.#sleepUntil(next, signal);
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      this.#reportTrouble(error);
      await this.#sleepUntil(this.#options.clock.now() + pauseAfterTrouble, signal, new Bell());
    }
  }

  /** @returns when to look again, in ms since the epoch; `undefined`: when it is woken */
  async #beginDue(unitOfWork: ResyncUnits, signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      const now = this.#options.clock.now();
      if (this.#running.size >= mostAtOnce) return now + lookInterval;
      // Whose fetch ends while this looks is seen as it was before.
      const running = new Set(this.#running.keys());
      const { due, next } = await unitOfWork.run({}, async ({ remoteDeviceLists }) => ({
        due: await remoteDeviceLists.listDue(now, page, this.#busyServers()),
        next: await remoteDeviceLists.findNextResync(),
      }));
      this.#isSomeWaiting = next !== undefined;
      if (signal.aborted) return undefined;
      const others = due.filter(({ userId }) => !running.has(userId));
      if (await this.#begin(unitOfWork, others, now, signal)) continue;
      return this.#running.size > 0 ? now + lookInterval : next;
    }
  }

  /** @returns whether there may be more to begin */
  async #begin(
    unitOfWork: ResyncUnits,
    due: readonly RemoteDeviceList[],
    now: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const early = new Map<UserId, number>();
    let begun = 0;
    for (const list of due) {
      const earliest = this.#pace.earliest(list.userId);
      if (earliest > now) early.set(list.userId, earliest);
      else if (this.#hasPlaceFor(list.userId)) {
        this.#fetch(unitOfWork, list, now, signal);
        begun++;
      } else if (due.length + this.#running.size >= page && !this.#answers(list.userId)) {
        early.set(list.userId, now + outOfTheWay);
      }
    }
    await putOffResyncs(unitOfWork, early);
    return begun > 0 || early.size > 0;
  }

  #fetch(unitOfWork: ResyncUnits, list: RemoteDeviceList, now: number, signal: AbortSignal): void {
    const { userId } = list;
    this.#pace.noteBegin(userId, now);
    const { answering } = this.#options;
    const server = serverNameOf(userId);
    const time = answering.has(server) ? timeout : timeoutOfStrangers;
    const fetching = resyncDeviceList({ ...this.#options, unitOfWork }, list, time, signal)
      .then((outcome) => {
        if (outcome === "failed") this.#pace.noteFailure(userId);
        if (outcome === "failed") answering.noteFailure(server);
        else if (outcome === "fetched") answering.noteAnswer(server);
      })
      .catch((error: unknown) => void this.#troubles.push(error))
      .finally(() => {
        this.#running.delete(userId);
        this.#news.ring();
      });
    this.#running.set(userId, fetching);
  }

  #hasPlaceFor(userId: UserId): boolean {
    if (this.#running.size >= mostAtOnce || this.#busyServers().includes(serverNameOf(userId))) return false;
    if (this.#answers(userId)) return true;
    return this.#running.keys().reduce((count, one) => count + (this.#answers(one) ? 0 : 1), 0) < mostOfStrangers;
  }

  #answers(userId: UserId): boolean {
    return this.#options.answering.has(serverNameOf(userId));
  }

  #busyServers(): ServerName[] {
    const counts = new Map<ServerName, number>();
    for (const userId of this.#running.keys()) {
      const server = serverNameOf(userId);
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    return [...counts].filter(([, count]) => count >= mostPerServer).map(([server]) => server);
  }

  /** By the server's clock, whose time need not be that of the timers. It ends early when it rings. */
  async #sleepUntil(time: number | undefined, signal: AbortSignal, bell = this.#news): Promise<void> {
    while (!signal.aborted && !bell.isRung) {
      const left = time === undefined ? undefined : time - this.#options.clock.now();
      if (left !== undefined && left <= 0) return;
      await bell.wait(signal, left === undefined ? undefined : Math.min(left, lookInterval));
    }
  }

  #reportTrouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#options.log.error("device lists of other servers wait", { error });
  }
}
