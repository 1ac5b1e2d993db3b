import type { ChangeProfileDeps } from "../../../domain/profiles/change-profile.ts";
import { deleteProfileField } from "../../../domain/profiles/delete-profile-field.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const deleteProfileFieldEndpoint: Endpoint<ChangeProfileDeps> = {
  operationId: "deleteProfileField",
  method: "DELETE",
  paths: clientPaths("/profile/:userId/:keyName", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3profileuseridkeyname",

  async handle(deps, { requester, params }) {
    const { userId, keyName: field = "" } = params;
    await deleteProfileField(deps, requester, { userId: requireUserId(userId, "userId"), field });
    return {};
  },
};
