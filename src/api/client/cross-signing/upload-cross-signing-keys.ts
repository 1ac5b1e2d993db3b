import { passwordFlows } from "../../../domain/authentication/user-interactive/interactive-attempt.ts";
import {
  type UploadCrossSigningKeysDeps,
  uploadCrossSigningKeys,
} from "../../../domain/key-directory/upload-cross-signing-keys.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectOrNull, objectWith } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const uploadCrossSigningKeysEndpoint: Endpoint<UploadCrossSigningKeysDeps> = {
  operationId: "uploadCrossSigningKeys",
  method: "POST",
  paths: clientPaths("/keys/device_signing/upload", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({}, { auth: objectOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysdevice_signingupload",

  async handle(deps, call) {
    await uploadCrossSigningKeys(deps, call.requester, interactiveAttempt(call, passwordFlows));
    return {};
  },
};
