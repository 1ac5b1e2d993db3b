import { type Static, Type } from "typebox";
import { type QueriedKeys, type QueryKeysDeps, queryKeys } from "../../../domain/key-directory/query-keys.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { mapOf } from "../../reading/map-of.ts";
import { clientPaths } from "../client-paths.ts";
import { objectText } from "../json-text.ts";
import { failuresText } from "./failures-text.ts";

const Body = Type.Object({
  device_keys: mapOf(Type.Array(Type.String())),
  timeout: Type.Optional(Type.Integer({ minimum: 0 })),
});

export const queryKeysEndpoint: Endpoint<QueryKeysDeps> = {
  operationId: "queryKeys",
  method: "POST",
  paths: clientPaths("/keys/query", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: Body,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery",

  async handle(deps, { requester, body }) {
    const { device_keys } = body as Static<typeof Body>;
    return new RenderedJson(queryText(await queryKeys(deps, requester, device_keys)));
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
