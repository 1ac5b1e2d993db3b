import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DeviceOwner } from "../kernel/requester.ts";

/**
 * Those devices that still exist, each once. What waited for a device that was deleted since is told to nobody (rule
 * S4).
 */
export async function presentDevices(
  knownDevices: KnownDevices,
  owners: readonly DeviceOwner[],
): Promise<Map<string, DeviceOwner>> {
  const present = new Map(owners.map((owner) => [deviceName(owner), owner]));
  // Asked at once, they are one statement where that is less than many.
  const found = await Promise.all([...present.values()].map((owner) => knownDevices.hasDevice(owner)));
  for (const [index, name] of [...present.keys()].entries()) if (!found[index]) present.delete(name);
  return present;
}

/** No id has a NUL. */
export function deviceName({ userId, deviceId }: DeviceOwner): string {
  return `${userId}\0${deviceId}`;
}
