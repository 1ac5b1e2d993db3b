import type { PublicEndpoint } from "../endpoint.ts";

export interface GetVersionDeps {
  /** Of this software. */
  readonly version: string;
}

export const getVersionEndpoint: PublicEndpoint<GetVersionDeps> = {
  operationId: "getVersion",
  method: "GET",
  paths: ["/_matrix/federation/v1/version"],
  caller: "anyone",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1version",

  async handle({ version }) {
    return { server: { name: "Claviger", version } };
  },
};
