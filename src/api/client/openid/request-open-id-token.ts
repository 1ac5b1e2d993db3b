import {
  type RequestOpenidTokenDeps,
  requestOpenidToken,
} from "../../../domain/authentication/openid/request-openid-token.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { AuthenticatedEndpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export interface RequestOpenIdTokenEndpointDeps extends RequestOpenidTokenDeps {
  readonly serverName: ServerName;
}

export const requestOpenIdTokenEndpoint: AuthenticatedEndpoint<RequestOpenIdTokenEndpointDeps> = {
  operationId: "requestOpenIdToken",
  method: "POST",
  paths: clientPaths("/user/:userId/openid/request_token", "r0"),
  caller: "user",
  rateLimit: "other",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridopenidrequest_token",

  async handle(deps, { requester, params }) {
    const { token, expiresInSeconds } = await requestOpenidToken(deps, requester, params["userId"] ?? "");
    return {
      access_token: token,
      token_type: "Bearer",
      matrix_server_name: deps.serverName,
      expires_in: expiresInSeconds,
    };
  },
};
