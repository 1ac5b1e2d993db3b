import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { InProcessIgnoredUsers } from "../../src/adapters/system/in-process-ignored-users.ts";
import { InProcessNotifier } from "../../src/adapters/system/in-process-notifier.ts";
import { InProcessUnreadMemory } from "../../src/adapters/system/in-process-unread-memory.ts";
import { everything } from "../../src/domain/filters/filter.ts";
import type { Notifier } from "../../src/domain/kernel/notifier.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { type SyncAnswer, type SyncDeps, sync } from "../../src/domain/sync/sync.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { formatSyncToken, type SyncToken } from "../../src/protocol/sync-token.ts";
import { afterTest } from "../support/after-test.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { CrashableDatabase } from "./crashable-database.ts";
import { LeapingClock } from "./key-interleaving.ts";
import type { RaceDatabase, RaceEngine, Servers } from "./race-engines.ts";

/** A process that can crash, and what its waiting syncs subscribe to. */
export interface Crashable {
  readonly store: CrashableDatabase;
  readonly place: DatabasePlace;
  readonly clock: LeapingClock;
  /** Of this process. */
  readonly notifier: Notifier;
}

/** One process on a database of its own. Closed and removed after the test. */
export async function openCrashable(t: TestContext, engine: RaceEngine): Promise<Crashable> {
  const [only] = await openCrashables(t, { engine, servers: 1 });
  return only as Crashable;
}

/** Processes on one database. Closed and removed after the test. */
export async function openCrashables(t: TestContext, { engine, servers }: Servers): Promise<Crashable[]> {
  const folder = mkdtempSync(join(memoryFolder(), "claviger-crashable-"));
  afterTest(t, () => rmSync(folder, { recursive: true, force: true }));
  const database = await engine.createDatabase(folder);
  afterTest(t, () => database.remove());
  const clock = new LeapingClock();
  const opened: Crashable[] = [];
  for (let index = 0; index < servers; index++) {
    const notifier = new InProcessNotifier();
    const store = await openProcess(database, folder, index, clock, notifier);
    afterTest(t, async () => {
      notifier.close();
      await store.close();
    });
    opened.push({ store, place: database.place, clock, notifier: untilWoken(notifier) });
  }
  return opened;
}

/** @param index of the process on this database: each has a folder of its own */
function openProcess(
  { place }: RaceDatabase,
  folder: string,
  index: number,
  clock: LeapingClock,
  notifier: InProcessNotifier,
): Promise<CrashableDatabase> {
  const own = join(folder, `process-${index}`);
  mkdirSync(own);
  return CrashableDatabase.open({
    ...{ place, folder: own, clock },
    ...{ wake: (userIds) => notifier.wake(userIds), wakeAll: () => notifier.wakeAll() },
  });
}

export function deviceOf(localpart: string, deviceId = "PHONE"): DeviceOwner {
  return { userId: `@${localpart}:example.org` as UserId, deviceId: deviceId as DeviceId };
}

export function askSync(
  deps: Omit<SyncDeps, "unreadMemory" | "ignoredUsers">,
  owner: DeviceOwner,
  since: SyncToken | undefined,
  timeout = 0,
) {
  return sync(
    { ...deps, unreadMemory: new InProcessUnreadMemory(), ignoredUsers: new InProcessIgnoredUsers() },
    { ...owner, accessTokenDigest: Buffer.alloc(32) },
    {
      ...{ since: since && formatSyncToken(since), timeout, filter: everything },
      ...{ fullState: false, stateAtEnd: false },
      onHangUp: () => undefined,
    },
  ) satisfies Promise<SyncAnswer>;
}

/** Waits that no timeout ends: whoever misses his wake never comes back, and his test fails. */
function untilWoken(notifier: Notifier): Notifier {
  return {
    subscribe(userId) {
      const subscription = notifier.subscribe(userId);
      return {
        follow: (roomIds) => subscription.follow(roomIds),
        wait: () => subscription.wait(2 ** 31 - 1),
        close: () => subscription.close(),
      };
    },
  };
}
