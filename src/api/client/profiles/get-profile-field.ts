import { type GetProfileDeps, getProfileField } from "../../../domain/profiles/get-profile.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { profileText } from "./profile-text.ts";

export const getProfileFieldEndpoint: Endpoint<GetProfileDeps> = {
  operationId: "getProfileField",
  method: "GET",
  paths: clientPaths("/profile/:userId/:keyName", "r0"),
  caller: "anyone",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname",

  async handle(deps, { params }) {
    const { userId, keyName = "" } = params;
    const field = await getProfileField(deps, requireUserId(userId, "userId"), keyName);
    return new RenderedJson(profileText([field]));
  },
};
