import type { SdkDevice } from "./sdk-device.ts";

/** Waits until a device knows just these devices of another user. */
export async function untilSeen(observer: SdkDevice, seen: readonly [SdkDevice, ...SdkDevice[]]): Promise<void> {
  const { userId } = seen[0];
  const wanted = seen.map(({ deviceId }) => deviceId).sort();
  await observer.until(async () => {
    const known = (await observer.crypto.getUserDeviceInfo([userId])).get(userId) ?? new Map();
    return [...known.keys()].sort().join() === wanted.join();
  });
}
