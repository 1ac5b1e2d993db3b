import type { Endpoint } from "../endpoint.ts";
import type { HttpServerDeps } from "../http-server.ts";
import { getAccountDataEndpoint } from "./account-data/get-account-data.ts";
import { setAccountDataEndpoint } from "./account-data/set-account-data.ts";
import { accountEndpoints } from "./accounts/endpoints.ts";
import { pingAppserviceEndpoint } from "./appservices/ping-appservice.ts";
import { uploadCrossSigningKeysEndpoint } from "./cross-signing/upload-cross-signing-keys.ts";
import { uploadCrossSigningSignaturesEndpoint } from "./cross-signing/upload-cross-signing-signatures.ts";
import { deviceEndpoints } from "./devices/endpoints.ts";
import { defineFilterEndpoint } from "./filters/define-filter.ts";
import { getFilterEndpoint } from "./filters/get-filter.ts";
import { keyBackupEndpoints } from "./key-backup/endpoints.ts";
import { claimKeysEndpoint } from "./keys/claim-keys.ts";
import { getKeysChangesEndpoint } from "./keys/get-keys-changes.ts";
import { queryKeysEndpoint } from "./keys/query-keys.ts";
import { uploadKeysEndpoint } from "./keys/upload-keys.ts";
import { requestOpenIdTokenEndpoint } from "./openid/request-open-id-token.ts";
import { profileEndpoints } from "./profiles/endpoints.ts";
import { pushRuleEndpoints } from "./push-rules/endpoints.ts";
import { receiptEndpoints } from "./receipts/endpoints.ts";
import { roomAccountDataEndpoints } from "./room-account-data/endpoints.ts";
import { roomAliasEndpoints } from "./room-aliases/endpoints.ts";
import { roomMembershipEndpoints } from "./room-memberships/endpoints.ts";
import { roomTimelineEndpoints } from "./room-timelines/endpoints.ts";
import { serverEndpoints } from "./server/endpoints.ts";
import { syncEndpoint } from "./sync/sync.ts";
import { sendToDeviceEndpoint } from "./to-device/send-to-device.ts";
import { setTypingEndpoint } from "./typing/set-typing.ts";

const endpoints = [
  ...accountEndpoints,
  ...deviceEndpoints,
  ...keyBackupEndpoints,
  ...profileEndpoints,
  ...pushRuleEndpoints,
  ...receiptEndpoints,
  ...roomAccountDataEndpoints,
  ...roomAliasEndpoints,
  ...roomMembershipEndpoints,
  ...roomTimelineEndpoints,
  ...serverEndpoints,
  claimKeysEndpoint,
  defineFilterEndpoint,
  getAccountDataEndpoint,
  getFilterEndpoint,
  getKeysChangesEndpoint,
  pingAppserviceEndpoint,
  queryKeysEndpoint,
  requestOpenIdTokenEndpoint,
  sendToDeviceEndpoint,
  setAccountDataEndpoint,
  setTypingEndpoint,
  syncEndpoint,
  uploadCrossSigningKeysEndpoint,
  uploadCrossSigningSignaturesEndpoint,
  uploadKeysEndpoint,
] as const;

type DepsOf<E> = E extends Endpoint<infer Deps> ? (deps: Deps) => void : never;

/** What the use cases behind all client endpoints ask for, together. */
export type ClientDeps = HttpServerDeps &
  (DepsOf<(typeof endpoints)[number]> extends (deps: infer All) => void ? All : never);

/** The client-server API. A new endpoint is a file and a line here. */
export const clientEndpoints: readonly Endpoint<ClientDeps>[] = endpoints;
