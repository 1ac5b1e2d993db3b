import { type UpdateDeviceDeps, updateDevice } from "../../../domain/devices/update-device.ts";
import { type Endpoint, StatusAnswer } from "../../endpoint.ts";
import { objectWith, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

export const updateDeviceEndpoint: Endpoint<UpdateDeviceDeps> = {
  operationId: "updateDevice",
  method: "PUT",
  paths: clientPaths("/devices/:deviceId", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({}, { display_name: textOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3devicesdeviceid",

  async handle(deps, { requester, params: { deviceId = "" }, body, ip }) {
    const done = await updateDevice(deps, requester, { deviceId, displayName: textOf(body["display_name"]), ip });
    return done === "created" ? new StatusAnswer(201, {}) : {};
  },
};
