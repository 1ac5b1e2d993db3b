import { passwordFlows } from "../../../domain/authentication/user-interactive/interactive-attempt.ts";
import { type DeleteDevicesDeps, deleteDevices } from "../../../domain/devices/delete-devices.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

/** Clients that begin without `auth` often send no body at all: hence no body schema. */
export const deleteDeviceEndpoint: Endpoint<DeleteDevicesDeps> = {
  operationId: "deleteDevice",
  method: "DELETE",
  paths: clientPaths("/devices/:deviceId", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3devicesdeviceid",

  async handle(deps, call) {
    const { deviceId = "" } = call.params;
    await deleteDevices(deps, call.requester, interactiveAttempt(call, passwordFlows), [deviceId]);
    return {};
  },
};
