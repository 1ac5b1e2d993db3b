import type { DeviceOwner } from "../../../src/domain/kernel/requester.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

export function owner(userId: string, deviceId: string): DeviceOwner {
  return { userId: userId as UserId, deviceId: deviceId as DeviceId };
}

export const bobsPhone = owner("@bob:localhost", "BOBPHONE");
export const bobsLaptop = owner("@bob:localhost", "BOBLAPTOP");
