import { type NotarizeKeysDeps, notarizeKeys, type WantedKeys } from "../../../domain/federation-out/notarize-keys.ts";
import { parseServerName, type ServerName } from "../../../protocol/identifiers/server-name.ts";
import { type PublicEndpoint, RenderedJson } from "../../endpoint.ts";
import { type JsonSchema, mapOf, objectWith } from "../../reading/json-schema.ts";
import { serverKeysText } from "./server-keys-text.ts";

/** Ms since the epoch. */
const time: JsonSchema = { type: "integer", minimum: 0 };

type Criteria = Readonly<Record<string, { readonly minimum_valid_until_ts?: number }>>;

export const bulkPerspectivesKeyQueryEndpoint: PublicEndpoint<NotarizeKeysDeps> = {
  operationId: "bulkPerspectivesKeyQuery",
  method: "POST",
  paths: ["/_matrix/key/v2/query"],
  caller: "anyone",
  rateLimit: "federation",
  body: objectWith({ server_keys: mapOf(mapOf(objectWith({}, { minimum_valid_until_ts: time }))) }),
  spec: "https://spec.matrix.org/v1.19/server-server-api/#post_matrixkeyv2query",

  async handle(deps, { body, mayMeet }) {
    const { server_keys: asked } = body as { server_keys: Readonly<Record<string, Criteria>> };
    return new RenderedJson(serverKeysText(await notarizeKeys(deps, wantedKeys(asked), mayMeet)));
  },
};

/** What is no server name is nobody's: as a server that does not answer, it is missing from the answer. */
function wantedKeys(asked: Readonly<Record<string, Criteria>>): Map<ServerName, WantedKeys> {
  const wanted = new Map<ServerName, WantedKeys>();
  for (const [name, criteria] of Object.entries(asked)) {
    const server = parseServerName(name);
    if (server === undefined) continue;
    const times = Object.values(criteria).map((one) => one.minimum_valid_until_ts ?? 0);
    const minimumValidUntil = times.reduce((one, other) => Math.max(one, other), 0);
    wanted.set(server, { keyIds: new Set(Object.keys(criteria)), minimumValidUntil });
  }
  return wanted;
}
