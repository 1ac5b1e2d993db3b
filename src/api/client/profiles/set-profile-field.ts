import type { ChangeProfileDeps } from "../../../domain/profiles/change-profile.ts";
import { setProfileField } from "../../../domain/profiles/set-profile-field.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setProfileFieldEndpoint: Endpoint<ChangeProfileDeps> = {
  operationId: "setProfileField",
  method: "PUT",
  paths: clientPaths("/profile/:userId/:keyName", "r0"),
  caller: "user",
  rateLimit: "other",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname",

  async handle(deps, { requester, params, body }) {
    const { userId, keyName: field = "" } = params;
    await setProfileField(deps, requester, { userId: requireUserId(userId, "userId"), field, body });
    return {};
  },
};
