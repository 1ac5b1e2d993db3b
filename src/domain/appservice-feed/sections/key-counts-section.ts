import { objectText } from "../../../protocol/json-text.ts";
import type { DeviceOwner } from "../../kernel/requester.ts";
import { findKeyCounts, type KeyCounts } from "../../one-time-keys/tell-counts.ts";
import { presentDevices } from "../present-devices.ts";
import type { FeedStores, Making } from "../section.ts";

const mostNoted = 200;

/**
 * What the appservice must know of its devices' keys (rule C8, MSC3202): of those whose counts have changed, and of those
 * that get messages. The notes go before the counts are read: what changes meanwhile is noted anew.
 */
export async function keyCountsSection(
  stores: FeedStores,
  { appservice, members, recipients }: Making,
): Promise<boolean> {
  const noted = await stores.appserviceQueue.takeNotedCounts(appservice.id, mostNoted);
  // Notes from when it did.
  if (!appservice.encrypts) return noted.length > 0;
  const devices = [...(await presentDevices(stores.knownDevices, [...recipients, ...noted])).values()];
  if (devices.length > 0) {
    // Asked at once, they are one statement where that is less than many.
    const counts = await Promise.all(devices.map((owner) => findKeyCounts(stores, owner)));
    const textOf = (part: (counts: KeyCounts) => unknown) =>
      byDeviceText(
        devices,
        counts.map((told) => JSON.stringify(part(told))),
      );
    members.set(
      "device_one_time_keys_count",
      textOf(({ oneTimeKeys }) => oneTimeKeys),
    );
    members.set(
      "device_unused_fallback_key_types",
      textOf(({ unusedFallbackKeys }) => unusedFallbackKeys),
    );
  }
  return noted.length > 0;
}

/** By user, by device; `texts` are in the order of `devices`. */
function byDeviceText(devices: readonly DeviceOwner[], texts: readonly string[]): string {
  const ofUsers = Map.groupBy(devices.entries(), ([, { userId }]) => userId);
  return objectText(
    Array.from(ofUsers, ([userId, ofUser]): [string, string] => [
      userId,
      objectText(ofUser.map(([index, { deviceId }]) => [deviceId, texts[index] ?? ""])),
    ]),
  );
}
