import type { Appservices } from "../appservices/appservices.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { answeringAppservice } from "../key-directory/answering-appservice.ts";

/**
 * Whether others can see a device, and so must hear when it comes, goes or is renamed (rule X6): it has keys here, or its
 * user's keys are for an appservice to give (rule Q5), whatever they are.
 */
export async function canBeSeen(
  { appservices }: { readonly appservices: Appservices },
  stores: { readonly deviceKeys: Reading<DeviceKeyStore> },
  owner: DeviceOwner,
): Promise<boolean> {
  if (answeringAppservice(appservices, owner.userId, "answersQueries")) return true;
  return (await stores.deviceKeys.findDeviceKeys(owner)) !== undefined;
}
