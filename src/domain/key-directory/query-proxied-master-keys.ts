import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { AppserviceKeys } from "../appservices/appservice-keys.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { StoredCrossSigningKey } from "../cross-signing/cross-signing-key-store.ts";
import type { Requester } from "../kernel/requester.ts";
import { proxiedQueries } from "./answering-appservice.ts";
import { appserviceTimeout, defaultKeyTimeout } from "./key-timeouts.ts";
import { parseProxiedKey } from "./parse-proxied-keys.ts";

export interface ProxiedMasterKeysDeps {
  readonly appservices: Appservices;
  readonly appserviceKeys: AppserviceKeys;
  readonly compatibility: { readonly msc3984: boolean };
}

export type ProxiedMasterKeys = ReadonlyMap<UserId, StoredCrossSigningKey>;

/** All devices: the answer to the query in which the requester saw the master key may still serve. */
const allDevices: ReadonlySet<DeviceId> = new Set();

/**
 * The master keys that appservices give for those of the users that they answer for, before they are signed (rule X5).
 * The requester's own keys are not asked for: those that only an appservice has are signed by it.
 */
export async function queryProxiedMasterKeys(
  { appservices, appserviceKeys, compatibility }: ProxiedMasterKeysDeps,
  { userId: requester }: Requester,
  userIds: readonly UserId[],
): Promise<ProxiedMasterKeys> {
  const keys = new Map<UserId, StoredCrossSigningKey>();
  if (!compatibility.msc3984) return keys;
  const others = userIds.filter((userId) => userId !== requester);
  const wanted = new Map(others.map((userId) => [userId, allDevices]));
  const asked = [...proxiedQueries(appservices, wanted)].map(async ([appservice, query]) => {
    const given = await appserviceKeys.query(appservice, query, appserviceTimeout(defaultKeyTimeout));
    for (const [userId, { crossSigningKeys }] of given) {
      const { master } = crossSigningKeys;
      const key = master === undefined ? undefined : parseProxiedKey(userId, "master", master);
      if (key) keys.set(userId, key);
    }
  });
  await Promise.all(asked);
  return keys;
}
