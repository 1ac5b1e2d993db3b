import { deleteDeviceEndpoint } from "./delete-device.ts";
import { deleteDevicesEndpoint } from "./delete-devices.ts";
import { getDeviceEndpoint } from "./get-device.ts";
import { getDevicesEndpoint } from "./get-devices.ts";
import { updateDeviceEndpoint } from "./update-device.ts";

export const deviceEndpoints = [
  deleteDeviceEndpoint,
  deleteDevicesEndpoint,
  getDeviceEndpoint,
  getDevicesEndpoint,
  updateDeviceEndpoint,
] as const;
