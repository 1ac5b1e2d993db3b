import { passwordFlows } from "../../../domain/authentication/user-interactive/interactive-attempt.ts";
import { type DeleteDevicesDeps, deleteDevices } from "../../../domain/devices/delete-devices.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { listOf, objectOrNull, objectWith, text } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const deleteDevicesEndpoint: Endpoint<DeleteDevicesDeps> = {
  operationId: "deleteDevices",
  method: "POST",
  paths: clientPaths("/delete_devices", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ devices: listOf(text) }, { auth: objectOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3delete_devices",

  async handle(deps, call) {
    const { devices } = call.body as { devices: string[] };
    await deleteDevices(deps, call.requester, interactiveAttempt(call, passwordFlows), devices);
    return {};
  },
};
