import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";

/** Keys of our users, as JSON text. */
export interface LocalKeys {
  readonly deviceKeys: ReadonlyMap<UserId, Map<DeviceId, string>>;
  readonly crossSigningKeys: Readonly<Record<CrossSigningUsage, Map<UserId, string>>>;
}

/**
 * What appservices say of their users over what is stored (rule Q5, MSC3984): each device, and each cross-signing key of a
 * user and kind, is wholly theirs where they give it, and wholly ours where they do not.
 */
export function mergeProxiedKeys(stored: LocalKeys, proxied: LocalKeys): LocalKeys {
  const deviceKeys = new Map(stored.deviceKeys);
  for (const [userId, devices] of proxied.deviceKeys) {
    deviceKeys.set(userId, new Map([...(deviceKeys.get(userId) ?? []), ...devices]));
  }
  const merged = (usage: CrossSigningUsage) =>
    new Map([...stored.crossSigningKeys[usage], ...proxied.crossSigningKeys[usage]]);
  return {
    deviceKeys,
    crossSigningKeys: {
      master: merged("master"),
      self_signing: merged("self_signing"),
      user_signing: merged("user_signing"),
    },
  };
}
