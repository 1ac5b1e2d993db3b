import type { Endpoint } from "../../endpoint.ts";
import { type UnstableFeatureConfig, unstableFeatures } from "./unstable-features.ts";

/** v1.1 to v1.19. */
const versions = Array.from({ length: 19 }, (_, index) => `v1.${index + 1}`);

export const getVersionsEndpoint: Endpoint<{ readonly compatibility: UnstableFeatureConfig }> = {
  operationId: "getVersions",
  method: "GET",
  paths: ["/_matrix/client/versions"],
  caller: "anyone",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientversions",

  async handle({ compatibility }) {
    return { versions, unstable_features: unstableFeatures(compatibility) };
  },
};
