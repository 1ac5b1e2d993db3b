import type { ProxiedQuery, ProxiedUserKeys } from "../../domain/appservices/appservice-keys.ts";
import { type DeviceId, parseDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";

const crossSigningMembers = [
  ["master_keys", "master"],
  ["self_signing_keys", "self_signing"],
  ["user_signing_keys", "user_signing"],
] as const satisfies (readonly [string, CrossSigningUsage])[];

export interface QueryAnswer {
  readonly users: ReadonlyMap<UserId, ReadKeys>;
  /** Users, devices and keys that nobody asked for, or that are none. */
  readonly dropped: number;
}

export interface ReadKeys extends ProxiedUserKeys {
  /** Length of their JSON text. */
  readonly characters: number;
}

/**
 * Reads the answer to a query; who and what was not asked for is dropped.
 *
 * @param answer as `POST /_matrix/client/v3/keys/query` has it
 * @returns `undefined` when a member has a wrong shape
 */
export function readQueryAnswer(answer: JsonObject, asked: ProxiedQuery): QueryAnswer | undefined {
  const found = new FoundKeys(asked);
  const allDevices = memberOf(answer, "device_keys");
  if (allDevices === undefined) return undefined;
  for (const [userId, devices] of Object.entries(allDevices)) found.addDevices(userId as UserId, devices);
  for (const [name, usage] of crossSigningMembers) {
    const keys = memberOf(answer, name);
    if (keys === undefined) return undefined;
    for (const [userId, key] of Object.entries(keys)) found.addCrossSigningKey(userId as UserId, usage, key);
  }
  return found;
}

/** Empty when it is absent or null, as some write an empty map; `undefined` when it is no object. */
function memberOf(answer: JsonObject, name: string): JsonObject | undefined {
  const value = (Object.hasOwn(answer, name) ? answer[name] : null) ?? emptyObject<JsonValue>();
  return isJsonObject(value) ? value : undefined;
}

class FoundKeys implements QueryAnswer {
  readonly users = new Map<UserId, FoundUserKeys>();
  dropped = 0;
  readonly #asked: ProxiedQuery;

  constructor(asked: ProxiedQuery) {
    this.#asked = asked;
  }

  addDevices(userId: UserId, devices: JsonValue): void {
    const wanted = this.#asked.get(userId);
    if (wanted === undefined || !isJsonObject(devices)) {
      this.dropped++;
      return;
    }
    const user = this.#userOf(userId);
    for (const [name, device] of Object.entries(devices)) {
      const deviceId = parseDeviceId(name);
      if (deviceId === undefined || (wanted.size > 0 && !wanted.has(deviceId))) {
        this.dropped++;
      } else {
        user.devices.set(deviceId, device);
        user.characters += lengthOf(device);
      }
    }
  }

  addCrossSigningKey(userId: UserId, usage: CrossSigningUsage, key: JsonValue): void {
    if (!this.#asked.has(userId)) {
      this.dropped++;
      return;
    }
    const user = this.#userOf(userId);
    user.crossSigningKeys[usage] = key;
    user.characters += lengthOf(key);
  }

  #userOf(userId: UserId): FoundUserKeys {
    const user = this.users.get(userId) ?? { devices: new Map(), crossSigningKeys: {}, characters: 0 };
    this.users.set(userId, user);
    return user;
  }
}

interface FoundUserKeys {
  readonly devices: Map<DeviceId, JsonValue>;
  readonly crossSigningKeys: Partial<Record<CrossSigningUsage, JsonValue>>;
  characters: number;
}

function lengthOf(value: JsonValue): number {
  return JSON.stringify(value).length;
}
