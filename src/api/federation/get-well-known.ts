import { MatrixError } from "../../protocol/matrix-error.ts";
import type { PublicEndpoint } from "../endpoint.ts";

export interface GetWellKnownDeps {
  readonly publicBaseUrl: string | undefined;
}

/** Other servers reach this one where clients do. */
export const getWellKnownEndpoint: PublicEndpoint<GetWellKnownDeps> = {
  operationId: "getWellKnown",
  method: "GET",
  paths: ["/.well-known/matrix/server"],
  caller: "anyone",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#getwell-knownmatrixserver",

  async handle({ publicBaseUrl }) {
    const url = publicBaseUrl === undefined ? undefined : new URL(publicBaseUrl);
    if (url?.protocol !== "https:") {
      throw new MatrixError("M_NOT_FOUND", "This server does not know under which address others reach it");
    }
    // Without a port, others would look for one.
    return { "m.server": `${url.hostname}:${url.port || "443"}` };
  },
};
