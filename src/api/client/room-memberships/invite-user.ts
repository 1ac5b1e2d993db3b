import { type InviteUserDeps, inviteUser } from "../../../domain/room-memberships/invite-user.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, text, textOrNull } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";
import { noThirdParties, targetedChange } from "./member-request.ts";

export const inviteUserEndpoint: Endpoint<InviteUserDeps> = {
  operationId: "inviteUser",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/invite", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({}, { user_id: text, reason: textOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidinvite",

  async handle(deps, call) {
    requireUser(call.body);
    await inviteUser(deps, call.requester, targetedChange(call));
    return {};
  },
};

/** The path is that of invites to third-party identifiers too (`inviteBy3PID`). */
function requireUser(body: JsonObject): void {
  if (body["user_id"] !== undefined) return;
  if (body["medium"] !== undefined || body["address"] !== undefined) throw noThirdParties();
  throw new MatrixError("M_MISSING_PARAM", "user_id is missing");
}
