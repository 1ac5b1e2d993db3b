import type { PublishServerKeysDeps } from "../../../domain/federation-out/publish-server-keys.ts";
import { type PublicEndpoint, RenderedJson } from "../../endpoint.ts";
import { recentOwnKeys } from "./recent-own-keys.ts";

export const getServerKeyEndpoint: PublicEndpoint<PublishServerKeysDeps> = {
  operationId: "getServerKey",
  method: "GET",
  // Older servers name a key; the answer is the same.
  paths: ["/_matrix/key/v2/server", "/_matrix/key/v2/server/:keyId"],
  caller: "anyone",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server",

  async handle(deps) {
    return new RenderedJson(await recentOwnKeys(deps));
  },
};
