import { type ChangePasswordDeps, changePassword } from "../../../domain/accounts/change-password.ts";
import { passwordFlows } from "../../../domain/authentication/user-interactive/interactive-attempt.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { flagOrNull, objectOrNull, objectWith, text } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

export const changePasswordEndpoint: Endpoint<ChangePasswordDeps> = {
  operationId: "changePassword",
  method: "POST",
  paths: clientPaths("/account/password", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ new_password: text }, { auth: objectOrNull, logout_devices: flagOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountpassword",

  async handle(deps, call) {
    const { body, requester } = call;
    await changePassword(deps, requester, interactiveAttempt(call, passwordFlows), {
      newPassword: textOf(body["new_password"]) ?? "",
      logoutDevices: body["logout_devices"] !== false,
    });
    return {};
  },
};
