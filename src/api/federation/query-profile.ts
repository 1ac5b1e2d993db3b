import { type QueryProfileDeps, queryProfile } from "../../domain/federation-in/query-profile.ts";
import { profileText } from "../client/profiles/profile-text.ts";
import { RenderedJson, type ServerEndpoint } from "../endpoint.ts";
import { optionalParameter, requiredParameter } from "../reading/query-parameter.ts";

export const queryProfileEndpoint: ServerEndpoint<QueryProfileDeps> = {
  operationId: "queryProfile",
  method: "GET",
  paths: ["/_matrix/federation/v1/query/profile"],
  caller: "server",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile",

  async handle(deps, { query }) {
    const asked = { userId: requiredParameter(query, "user_id"), field: optionalParameter(query, "field") };
    return new RenderedJson(profileText(await queryProfile(deps, asked)));
  },
};
