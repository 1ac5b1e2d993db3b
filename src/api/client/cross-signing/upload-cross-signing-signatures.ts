import { type UploadSignaturesDeps, uploadSignatures } from "../../../domain/key-directory/upload-signatures.ts";
import type { Endpoint } from "../../endpoint.ts";
import { errorAnswer } from "../../error-answer.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const uploadCrossSigningSignaturesEndpoint: Endpoint<UploadSignaturesDeps> = {
  operationId: "uploadCrossSigningSignatures",
  method: "POST",
  paths: clientPaths("/keys/signatures/upload", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload",

  async handle(deps, { requester, body }) {
    const failures = await uploadSignatures(deps, requester, body);
    const users = [...failures].map(([userId, ofUser]) => {
      const keys = [...ofUser].map(([key, error]) => {
        const { status, body } = errorAnswer(error);
        return [key, { status, ...body, message: error.message }] as const;
      });
      return [userId, Object.fromEntries(keys)] as const;
    });
    return { failures: Object.fromEntries(users) };
  },
};
