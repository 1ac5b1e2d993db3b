import { type QueryKeysForServerDeps, queryKeysForServer } from "../../domain/federation-in/query-keys-for-server.ts";
import { objectText } from "../../protocol/json-text.ts";
import { RenderedJson, type ServerEndpoint } from "../endpoint.ts";
import { listOf, mapOf, objectWith, text } from "../reading/json-schema.ts";

export const queryUserEncryptionKeysEndpoint: ServerEndpoint<QueryKeysForServerDeps> = {
  operationId: "queryUserEncryptionKeys",
  method: "POST",
  paths: ["/_matrix/federation/v1/user/keys/query"],
  caller: "server",
  rateLimit: "federation",
  body: objectWith({ device_keys: mapOf(listOf(text)) }),
  spec: "https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery",

  async handle(deps, { body }) {
    const { device_keys } = body as { device_keys: Record<string, string[]> };
    const { deviceKeys, crossSigningKeys } = await queryKeysForServer(deps, device_keys);
    const devices = [...deviceKeys].map(([userId, ofUser]) => [userId, objectText(ofUser)] as const);
    const members: [string, string][] = [
      ["device_keys", objectText(devices)],
      ["master_keys", objectText(crossSigningKeys.master)],
      ["self_signing_keys", objectText(crossSigningKeys.self_signing)],
    ];
    return new RenderedJson(objectText(members));
  },
};
