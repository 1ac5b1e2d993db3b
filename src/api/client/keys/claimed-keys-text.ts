import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { objectText } from "../../../protocol/json-text.ts";

/** By user and device: the key, or `undefined` where there is none to give. */
type ClaimedKeys = ReadonlyMap<
  UserId,
  ReadonlyMap<DeviceId, { readonly keyId: string; readonly json: string } | undefined>
>;

/**
 * `one_time_keys` of the answer to a claim, as JSON text.
 * @param everyDevice false: devices and users without a key are left out (rule C4)
 */
export function claimedKeysText(keys: ClaimedKeys, everyDevice: boolean): string {
  const users: [string, string][] = [];
  for (const [userId, devices] of keys) {
    const ofUser: [string, string][] = [];
    for (const [deviceId, key] of devices) {
      if (key || everyDevice) ofUser.push([deviceId, key ? objectText([[key.keyId, key.json]]) : "{}"]);
    }
    if (ofUser.length > 0 || everyDevice) users.push([userId, objectText(ofUser)]);
  }
  return objectText(users);
}
