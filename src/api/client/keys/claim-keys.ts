import { type ClaimAnswer, type ClaimKeysDeps, claimKeys } from "../../../domain/key-directory/claim-keys.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { duration, mapOf, objectWith, text } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";
import { claimedKeysText } from "./claimed-keys-text.ts";
import { failuresText } from "./failures-text.ts";

export interface ClaimKeysEndpointDeps extends ClaimKeysDeps {
  readonly compatibility: ClaimKeysDeps["compatibility"] & {
    /** False: devices and users without a key are left out, as older servers do (rule C4). */
    readonly msc4072: boolean;
  };
}

export const claimKeysEndpoint: Endpoint<ClaimKeysEndpointDeps> = {
  operationId: "claimKeys",
  method: "POST",
  paths: clientPaths("/keys/claim", "r0", "unstable"),
  caller: "user",
  rateLimit: "claims",
  body: objectWith({ one_time_keys: mapOf(mapOf(text)) }, { timeout: duration }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim",

  async handle(deps, { requester, body }) {
    const { one_time_keys, timeout } = body as {
      one_time_keys: Record<string, Record<string, string>>;
      timeout?: number;
    };
    const answer = await claimKeys(deps, requester, one_time_keys, timeout);
    return new RenderedJson(claimText(answer, deps.compatibility.msc4072));
  },
};

function claimText({ keys, failures }: ClaimAnswer, everyDevice: boolean): string {
  return objectText([
    ["one_time_keys", claimedKeysText(keys, everyDevice)],
    ["failures", failuresText(failures)],
  ]);
}
