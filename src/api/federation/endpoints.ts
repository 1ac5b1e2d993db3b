import type { ServerSignatureDeps } from "../authenticate/server-signature.ts";
import type { Endpoint } from "../endpoint.ts";
import type { HttpServerDeps } from "../http-server.ts";
import { claimUserEncryptionKeysEndpoint } from "./claim-user-encryption-keys.ts";
import { exchangeOpenIdTokenEndpoint } from "./exchange-open-id-token.ts";
import { getUserDevicesEndpoint } from "./get-user-devices.ts";
import { getVersionEndpoint } from "./get-version.ts";
import { getWellKnownEndpoint } from "./get-well-known.ts";
import { queryProfileEndpoint } from "./query-profile.ts";
import { queryUserEncryptionKeysEndpoint } from "./query-user-encryption-keys.ts";
import { sendTransactionEndpoint } from "./send-transaction.ts";
import { bulkPerspectivesKeyQueryEndpoint } from "./server-keys/bulk-perspectives-key-query.ts";
import { getServerKeyEndpoint } from "./server-keys/get-server-key.ts";
import { perspectivesKeyQueryEndpoint } from "./server-keys/perspectives-key-query.ts";

const endpoints = [
  bulkPerspectivesKeyQueryEndpoint,
  claimUserEncryptionKeysEndpoint,
  exchangeOpenIdTokenEndpoint,
  getServerKeyEndpoint,
  getUserDevicesEndpoint,
  getVersionEndpoint,
  getWellKnownEndpoint,
  perspectivesKeyQueryEndpoint,
  queryProfileEndpoint,
  queryUserEncryptionKeysEndpoint,
  sendTransactionEndpoint,
] as const;

type DepsOf<E> = E extends Endpoint<infer Deps> ? (deps: Deps) => void : never;

/** What the use cases behind all endpoints for other servers ask for, together. */
export type FederationDeps = HttpServerDeps &
  ServerSignatureDeps &
  (DepsOf<(typeof endpoints)[number]> extends (deps: infer All) => void ? All : never);

/** The server-server API. A new endpoint is a file and a line here. */
export const federationEndpoints: readonly Endpoint<FederationDeps>[] = endpoints;
