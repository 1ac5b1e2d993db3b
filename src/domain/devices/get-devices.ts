import { requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { Device } from "./device.ts";
import type { DeviceStore } from "./device-store.ts";

export interface GetDevicesDeps {
  readonly snapshots: Snapshots<{ devices: DeviceStore }>;
}

/** The requester's devices, by id. */
export function getDevices(deps: GetDevicesDeps, { userId }: Requester): Promise<Device[]> {
  return deps.snapshots.read((stores) => stores.devices.listDevices(userId));
}

/**
 * One of the requester's devices.
 * @throws MatrixError 404 `M_NOT_FOUND`, 400 `M_INVALID_PARAM`
 */
export async function getDevice(deps: GetDevicesDeps, { userId }: Requester, id: string): Promise<Device> {
  const deviceId = requireDeviceId(id, "deviceId");
  const device = await deps.snapshots.read((stores) => stores.devices.findDevice({ userId, deviceId }));
  if (!device) throw unknownDevice();
  return device;
}

export function unknownDevice(): MatrixError {
  return new MatrixError("M_NOT_FOUND", "You have no device with this ID");
}
