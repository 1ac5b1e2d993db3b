import type { ProxiedQuery, ProxiedUserKeys } from "../../domain/appservices/appservice-keys.ts";
import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { giveUpAfter } from "./give-up-after.ts";
import { covers } from "./recent-answers.ts";

/** Of one user; for more all are asked, which bounds the request. */
const mostDevices = 20;

const allDevices: ReadonlySet<DeviceId> = new Set();

/** A user whom an appservice is, or is to be, asked for, and who wants to know. */
export class AskedUser {
  readonly userId: UserId;
  readonly callers = new Set<QueryCaller>();
  /** Something has changed since it was asked: the answer is for those who wait already. */
  isOutdated = false;
  #devices: ReadonlySet<DeviceId>;

  constructor(userId: UserId, devices: ReadonlySet<DeviceId>) {
    this.userId = userId;
    this.#devices = bounded(devices);
  }

  /** An empty set means all. */
  get devices(): ReadonlySet<DeviceId> {
    return this.#devices;
  }

  /** Whether the answer on its way tells somebody who comes now of these devices. */
  serves(devices: ReadonlySet<DeviceId>): boolean {
    return !this.isOutdated && covers(this.#devices, devices);
  }

  /** Before it is asked: these devices are wanted, too. */
  widen(devices: ReadonlySet<DeviceId>): this {
    if (!covers(this.#devices, devices)) {
      this.#devices = devices.size === 0 ? allDevices : bounded(this.#devices.union(devices));
    }
    return this;
  }
}

function bounded(devices: ReadonlySet<DeviceId>): ReadonlySet<DeviceId> {
  return devices.size > mostDevices ? allDevices : devices;
}

interface Queries {
  withdraw(caller: QueryCaller, users: Iterable<AskedUser>): void;
}

/** Who asked for users, until all are known or its time is over. */
export class QueryCaller {
  readonly found: Promise<ReadonlyMap<UserId, ProxiedUserKeys>>;
  readonly #resolve: (found: ReadonlyMap<UserId, ProxiedUserKeys>) => void;
  readonly #query: ProxiedQuery;
  readonly #found = new Map<UserId, ProxiedUserKeys>();
  readonly #awaited = new Set<AskedUser>();
  readonly #queries: Queries;
  readonly #timer: NodeJS.Timeout;
  #asksMore = true;
  #hasEnded = false;

  constructor(query: ProxiedQuery, timeout: number, queries: Queries) {
    const { promise, resolve } = Promise.withResolvers<ReadonlyMap<UserId, ProxiedUserKeys>>();
    this.found = promise;
    this.#resolve = resolve;
    this.#query = query;
    this.#queries = queries;
    this.#timer = giveUpAfter(timeout, this);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  await(user: AskedUser): void {
    this.#awaited.add(user);
    user.callers.add(this);
  }

  awaitInstead(user: AskedUser, other: AskedUser): void {
    this.#awaited.delete(user);
    this.await(other);
  }

  /** @returns whether it was waiting for this user still */
  receive(user: AskedUser, keys: ProxiedUserKeys | undefined): boolean {
    if (!this.#awaited.delete(user)) return false;
    this.take(user.userId, keys);
    this.#endWhenDone();
    return true;
  }

  /** Takes what is known of a user; of the devices only those that it wants. */
  take(userId: UserId, keys: ProxiedUserKeys | undefined): void {
    const wanted = this.#query.get(userId);
    if (keys && wanted) this.#found.set(userId, wanted.size === 0 ? keys : narrowed(keys, wanted));
  }

  hasAskedAll(): void {
    this.#asksMore = false;
    this.#endWhenDone();
  }

  giveUp(): void {
    this.#queries.withdraw(this, this.#awaited);
    this.#awaited.clear();
    this.#asksMore = false;
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (this.#asksMore || this.#awaited.size > 0) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#resolve(this.#found);
  }
}

function narrowed(keys: ProxiedUserKeys, wanted: ReadonlySet<DeviceId>): ProxiedUserKeys {
  const { devices, crossSigningKeys } = keys;
  const theirs = [...devices].filter(([deviceId]) => wanted.has(deviceId));
  return { devices: theirs.length === devices.size ? devices : new Map(theirs), crossSigningKeys };
}
