import { type GetDevicesDeps, getDevices } from "../../../domain/devices/get-devices.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { deviceAnswer } from "./device-answer.ts";

export const getDevicesEndpoint: Endpoint<GetDevicesDeps> = {
  operationId: "getDevices",
  method: "GET",
  paths: clientPaths("/devices", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devices",

  async handle(deps, { requester }) {
    return { devices: (await getDevices(deps, requester)).map(deviceAnswer) };
  },
};
