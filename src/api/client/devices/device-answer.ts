import type { Device } from "../../../domain/devices/device.ts";

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devices */
export function deviceAnswer({ deviceId, displayName, lastSeen }: Device): object {
  return {
    device_id: deviceId,
    ...(displayName !== undefined && { display_name: displayName }),
    ...(lastSeen && { last_seen_ip: lastSeen.ip, last_seen_ts: lastSeen.at }),
  };
}
