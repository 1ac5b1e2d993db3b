import { type GetProfileDeps, getProfile } from "../../../domain/profiles/get-profile.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { profileText } from "./profile-text.ts";

export const getUserProfileEndpoint: Endpoint<GetProfileDeps> = {
  operationId: "getUserProfile",
  method: "GET",
  paths: clientPaths("/profile/:userId", "r0"),
  caller: "anyone",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuserid",

  async handle(deps, { params }) {
    const profile = await getProfile(deps, requireUserId(params["userId"], "userId"));
    return new RenderedJson(profileText(profile));
  },
};
