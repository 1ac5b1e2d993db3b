import { type ClaimKeysForServerDeps, claimKeysForServer } from "../../domain/federation-in/claim-keys-for-server.ts";
import { claimedKeysText } from "../client/keys/claimed-keys-text.ts";
import { RenderedJson, type ServerEndpoint } from "../endpoint.ts";
import { mapOf, objectWith, text } from "../reading/json-schema.ts";

export interface ClaimUserEncryptionKeysDeps extends ClaimKeysForServerDeps {
  readonly compatibility: ClaimKeysForServerDeps["compatibility"] & {
    /** False: devices and users without a key are left out, as older servers do (rule C4). */
    readonly msc4072: boolean;
  };
}

export const claimUserEncryptionKeysEndpoint: ServerEndpoint<ClaimUserEncryptionKeysDeps> = {
  operationId: "claimUserEncryptionKeys",
  method: "POST",
  paths: ["/_matrix/federation/v1/user/keys/claim"],
  caller: "server",
  rateLimit: "federation",
  body: objectWith({ one_time_keys: mapOf(mapOf(text)) }),
  spec: "https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim",

  async handle(deps, { requester, body }) {
    const { one_time_keys } = body as { one_time_keys: Record<string, Record<string, string>> };
    const keys = await claimKeysForServer(deps, requester.origin, one_time_keys);
    return new RenderedJson(`{"one_time_keys":${claimedKeysText(keys, deps.compatibility.msc4072)}}`);
  },
};
