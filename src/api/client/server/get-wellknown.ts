import { MatrixError } from "../../../protocol/matrix-error.ts";
import type { Endpoint } from "../../endpoint.ts";

export const getWellknownEndpoint: Endpoint<{ readonly publicBaseUrl: string | undefined }> = {
  operationId: "getWellknown",
  method: "GET",
  paths: ["/.well-known/matrix/client"],
  caller: "anyone",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient",

  async handle({ publicBaseUrl }) {
    if (publicBaseUrl === undefined) {
      throw new MatrixError("M_NOT_FOUND", "This server does not know under which address clients reach it");
    }
    return { "m.homeserver": { base_url: publicBaseUrl } };
  },
};
