import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";

/** By user and device: the algorithm of which one key is wanted. */
export type WantedKeys = ReadonlyMap<UserId, ReadonlyMap<DeviceId, string>>;

/** By user and device: the key, or `undefined` where there is none to give (rule C4). */
export type ClaimedKeys = ReadonlyMap<UserId, ReadonlyMap<DeviceId, IssuedKey | undefined>>;
