import { type NotarizeKeysDeps, notarizeKeys } from "../../../domain/federation-out/notarize-keys.ts";
import { parseServerName } from "../../../protocol/identifiers/server-name.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import { type PublicEndpoint, RenderedJson } from "../../endpoint.ts";
import { wholeNumberParameter } from "../../reading/query-parameter.ts";
import { serverKeysText } from "./server-keys-text.ts";

export const perspectivesKeyQueryEndpoint: PublicEndpoint<NotarizeKeysDeps> = {
  operationId: "perspectivesKeyQuery",
  method: "GET",
  paths: ["/_matrix/key/v2/query/:serverName"],
  caller: "anyone",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2queryservername",

  async handle(deps, { params, query, mayMeet }) {
    const server = parseServerName(params["serverName"]);
    if (server === undefined) throw new MatrixError("M_INVALID_PARAM", "serverName is not a server name");
    const minimumValidUntil = wholeNumberParameter(query, "minimum_valid_until_ts", 0);
    const wanted = { keyIds: new Set<string>(), minimumValidUntil };
    return new RenderedJson(serverKeysText(await notarizeKeys(deps, new Map([[server, wanted]]), mayMeet)));
  },
};
