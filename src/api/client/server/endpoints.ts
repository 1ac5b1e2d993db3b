import { getCapabilitiesEndpoint } from "./get-capabilities.ts";
import { getVersionsEndpoint } from "./get-versions.ts";
import { getWellknownEndpoint } from "./get-wellknown.ts";

export const serverEndpoints = [getCapabilitiesEndpoint, getVersionsEndpoint, getWellknownEndpoint] as const;
