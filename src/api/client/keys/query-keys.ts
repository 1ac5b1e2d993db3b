import { type QueryKeysDeps, queryKeys } from "../../../domain/key-directory/query-keys.ts";
import type { QueriedKeys } from "../../../domain/key-directory/query-remote-keys.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { duration, listOf, mapOf, objectWith, text } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";
import { failuresText } from "./failures-text.ts";

export const queryKeysEndpoint: Endpoint<QueryKeysDeps> = {
  operationId: "queryKeys",
  method: "POST",
  paths: clientPaths("/keys/query", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({ device_keys: mapOf(listOf(text)) }, { timeout: duration }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery",

  async handle(deps, { requester, body }) {
    const { device_keys, timeout } = body as { device_keys: Record<string, string[]>; timeout?: number };
    return new RenderedJson(queryText(await queryKeys(deps, requester, device_keys, timeout)));
  },
};

function queryText({ deviceKeys, crossSigningKeys, failures }: QueriedKeys): string {
  const { master, self_signing, user_signing } = crossSigningKeys;
  const devices = [...deviceKeys].map(([userId, ofUser]) => [userId, objectText(ofUser)] as const);
  return objectText([
    ["device_keys", objectText(devices)],
    ["master_keys", objectText(master)],
    ["self_signing_keys", objectText(self_signing)],
    ["user_signing_keys", objectText(user_signing)],
    ["failures", failuresText(failures)],
  ]);
}
