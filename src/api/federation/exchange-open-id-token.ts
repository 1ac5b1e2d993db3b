import { type FindOpenidUserDeps, findOpenidUser } from "../../domain/authentication/openid/find-openid-user.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { PublicEndpoint } from "../endpoint.ts";
import { optionalParameter } from "../reading/query-parameter.ts";

export const exchangeOpenIdTokenEndpoint: PublicEndpoint<FindOpenidUserDeps> = {
  operationId: "exchangeOpenIdToken",
  method: "GET",
  paths: ["/_matrix/federation/v1/openid/userinfo"],
  caller: "anyone",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1openiduserinfo",

  async handle(deps, { query }) {
    const token = optionalParameter(query, "access_token");
    if (token === undefined) throw new MatrixError("M_MISSING_TOKEN", "access_token is missing");
    return { sub: await findOpenidUser(deps, token) };
  },
};
