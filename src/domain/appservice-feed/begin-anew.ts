import type { Appservice } from "../appservices/appservices.ts";
import type { Clock } from "../kernel/clock.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { scopeOfFeed } from "./feed-scope.ts";
import type { FeedStores } from "./section.ts";

/** Devices in one unit. */
const devicesTogether = 500;

/**
 * After a restore (rule E5) what the appservice was told may not be so any more: it hears the key counts of all its
 * devices anew, and of all device lists that its users hear of; of events, what happens from now on. When it is cut short it begins from the start next time.
 */
export async function beginAnew(
  deps: { readonly unitOfWork: UnitOfWork<FeedStores>; readonly clock: Clock },
  appservice: Appservice,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.clock.now();
  let after: DeviceOwner | undefined;
  do {
    if (signal.aborted) return;
    after = await deps.unitOfWork.run(scopeOfFeed(appservice.id), async (stores) => {
      const devices = appservice.encrypts ? await stores.knownDevices.listWithKeys(after, devicesTogether) : [];
      const ours = devices.filter(({ userId }) => appservice.covers(userId));
      await stores.appserviceQueue.noteCounts(appservice.id, ours, now);
      if (devices.length === devicesTogether) return devices.at(-1);
      const present = await stores.stream.findPosition();
      const positions = { deviceListPosition: 0, eventPosition: present, ephemeralPosition: present };
      await stores.appserviceFeeds.begin(appservice.id, positions, present);
      return undefined;
    });
  } while (after);
}
