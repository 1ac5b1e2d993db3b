import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { InProcessNotifier } from "../../src/adapters/system/in-process-notifier.ts";
import { everything } from "../../src/domain/filters/filter.ts";
import type { Notifier } from "../../src/domain/kernel/notifier.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { type SyncAnswer, type SyncDeps, sync } from "../../src/domain/sync/sync.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { formatSyncToken, type SyncToken } from "../../src/protocol/sync-token.ts";
import { CrashableDatabase } from "./crashable-database.ts";
import { LeapingClock } from "./key-interleaving.ts";

/** A database that can crash, and what syncs need beside it. Closed and removed after the test. */
export async function openCrashable(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "claviger-crashable-"));
  const clock = new LeapingClock();
  const notifier = new InProcessNotifier();
  const store = await CrashableDatabase.open(folder, clock, (userIds) => notifier.wake(userIds));
  t.after(async () => {
    notifier.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { store, clock, notifier: untilWoken(notifier) };
}

export function deviceOf(localpart: string, deviceId = "PHONE"): DeviceOwner {
  return { userId: `@${localpart}:example.org` as UserId, deviceId: deviceId as DeviceId };
}

export function askSync(deps: SyncDeps, owner: DeviceOwner, since: SyncToken | undefined, timeout = 0) {
  return sync(
    deps,
    { ...owner, accessTokenDigest: Buffer.alloc(32) },
    {
      ...{ since: since && formatSyncToken(since), timeout, fullState: false, filter: everything },
      onHangUp: () => undefined,
    },
  ) satisfies Promise<SyncAnswer>;
}

/** Waits that no timeout ends: whoever misses his wake never comes back, and his test fails. */
function untilWoken(notifier: Notifier): Notifier {
  return {
    subscribe(userId) {
      const subscription = notifier.subscribe(userId);
      return { wait: () => subscription.wait(2 ** 31 - 1), close: () => subscription.close() };
    },
  };
}
