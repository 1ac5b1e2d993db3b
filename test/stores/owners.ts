import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";

export const alice = userNamed("alice");
export const bob = userNamed("bob");
export const carol = userNamed("carol");

export const phone = deviceOf(alice, "PHONE");
export const laptop = deviceOf(alice, "LAPTOP");
/** Another user's device with the same id. */
export const bobsPhone = deviceOf(bob, "PHONE");

/** Servers of others. */
export const east = serverNamed("east.test");
export const west = serverNamed("west.test");
export const eve = "@eve:east.test" as UserId;
export const mallory = "@mallory:east.test" as UserId;
export const wendy = "@wendy:west.test" as UserId;

/** Ms since the epoch: more than 32 bits. */
export const noon = 1_790_000_000_123;

export function userNamed(localpart: string): UserId {
  return `@${localpart}:example.org` as UserId;
}

export function deviceOf(userId: UserId, deviceId: string): DeviceOwner {
  return { userId, deviceId: deviceId as DeviceId };
}

export function serverNamed(name: string): ServerName {
  return name as ServerName;
}
