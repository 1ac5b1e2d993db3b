import { type GetDevicesDeps, getDevice } from "../../../domain/devices/get-devices.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { deviceAnswer } from "./device-answer.ts";

export const getDeviceEndpoint: Endpoint<GetDevicesDeps> = {
  operationId: "getDevice",
  method: "GET",
  paths: clientPaths("/devices/:deviceId", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devicesdeviceid",

  async handle(deps, { requester, params: { deviceId = "" } }) {
    return deviceAnswer(await getDevice(deps, requester, deviceId));
  },
};
