import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getTokenOwnerEndpoint: Endpoint<object> = {
  operationId: "getTokenOwner",
  method: "GET",
  paths: clientPaths("/account/whoami", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami",

  async handle(_deps, { requester: { userId, deviceId } }) {
    return { user_id: userId, ...(deviceId !== undefined && { device_id: deviceId }), is_guest: false };
  },
};
