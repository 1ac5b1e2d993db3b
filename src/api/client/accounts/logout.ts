import { type LogoutDeps, logout } from "../../../domain/accounts/logout.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const logoutEndpoint: Endpoint<LogoutDeps> = {
  operationId: "logout",
  method: "POST",
  paths: clientPaths("/logout", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logout",

  async handle(deps, { requester }) {
    await logout(deps, requester);
    return {};
  },
};
