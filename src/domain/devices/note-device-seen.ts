import type { Clock } from "../kernel/clock.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { DeviceStore } from "./device-store.ts";
import type { RecentSightings } from "./recent-sightings.ts";

export interface NoteDeviceSeenDeps {
  readonly unitOfWork: UnitOfWork<{ devices: DeviceStore }>;
  readonly sightings: RecentSightings;
  readonly clock: Clock;
}

/** Ms: `last_seen_ts` and `last_seen_ip` may be this old. */
const interval = 60 * 60_000;

/** Notes when and from where a device was last seen: at most once an hour, so that requests do not write. */
export async function noteDeviceSeen(
  deps: NoteDeviceSeenDeps,
  { userId, deviceId }: Pick<Requester, "userId" | "deviceId">,
  ip: string,
): Promise<void> {
  if (deviceId === undefined || !deps.sightings.take({ userId, deviceId }, interval)) return;
  const at = deps.clock.now();
  await deps.unitOfWork.run({ shared: [userId] }, (stores) =>
    stores.devices.noteSeen({ userId, deviceId }, { at, ip }),
  );
}
