import { type Static, Type } from "typebox";
import { passwordFlows } from "../../../domain/authentication/user-interactive/interactive-attempt.ts";
import { type DeleteDevicesDeps, deleteDevices } from "../../../domain/devices/delete-devices.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { optionalAuth } from "../../reading/optional-member.ts";
import { clientPaths } from "../client-paths.ts";

const body = Type.Object({ auth: optionalAuth, devices: Type.Array(Type.String()) });

export const deleteDevicesEndpoint: Endpoint<DeleteDevicesDeps> = {
  operationId: "deleteDevices",
  method: "POST",
  paths: clientPaths("/delete_devices", "r0"),
  caller: "user",
  rateLimit: "other",
  body,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3delete_devices",

  async handle(deps, call) {
    const { devices } = call.body as Static<typeof body>;
    await deleteDevices(deps, call.requester, interactiveAttempt(call, passwordFlows), devices);
    return {};
  },
};
