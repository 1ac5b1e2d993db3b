import { type LogoutDeps, logoutAll } from "../../../domain/accounts/logout.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const logoutAllEndpoint: Endpoint<LogoutDeps> = {
  operationId: "logout_all",
  method: "POST",
  paths: clientPaths("/logout/all", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logoutall",

  async handle(deps, { requester }) {
    await logoutAll(deps, requester);
    return {};
  },
};
