import {
  type GetUserDevicesDeps,
  getUserDevices,
  type UserDevices,
} from "../../domain/federation-in/get-user-devices.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { arrayText, objectText } from "../../protocol/json-text.ts";
import { RenderedJson, type ServerEndpoint } from "../endpoint.ts";

export const getUserDevicesEndpoint: ServerEndpoint<GetUserDevicesDeps> = {
  operationId: "getUserDevices",
  method: "GET",
  paths: ["/_matrix/federation/v1/user/devices/:userId"],
  caller: "server",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid",

  async handle(deps, { requester, params }) {
    return new RenderedJson(devicesText(await getUserDevices(deps, requester.origin, params["userId"] ?? "")));
  },
};

function devicesText({ userId, streamId, followedUntil, devices, masterKey, selfSigningKey }: UserDevices): string {
  const members: [string, string][] = [
    ["user_id", JSON.stringify(userId)],
    ["stream_id", String(streamId)],
    ["devices", arrayText([...devices].map(([deviceId, keys]) => deviceText(deviceId, keys)))],
  ];
  if (followedUntil !== undefined) members.push(["io.claviger.followed_until", String(followedUntil)]);
  if (masterKey !== undefined) members.push(["master_key", masterKey]);
  if (selfSigningKey !== undefined) members.push(["self_signing_key", selfSigningKey]);
  return objectText(members);
}

/** The name stands beside the keys, too. */
function deviceText(deviceId: string, keys: string): string {
  const { unsigned } = JSON.parse(keys) as Record<string, unknown>;
  const name = isJsonObject(unsigned) ? unsigned["device_display_name"] : undefined;
  const members: [string, string][] = [
    ["device_id", JSON.stringify(deviceId)],
    ["keys", keys],
  ];
  if (typeof name === "string") members.push(["device_display_name", JSON.stringify(name)]);
  return objectText(members);
}
