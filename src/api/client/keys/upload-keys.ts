import { type UploadKeysDeps, uploadKeys } from "../../../domain/key-directory/upload-keys.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject, objectWith } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const uploadKeysEndpoint: Endpoint<UploadKeysDeps> = {
  operationId: "uploadKeys",
  method: "POST",
  paths: clientPaths("/keys/upload", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({}, { device_keys: anyObject, one_time_keys: anyObject, fallback_keys: anyObject }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload",

  async handle(deps, { requester, body }) {
    const counts = await uploadKeys(deps, requester, {
      deviceKeys: body["device_keys"],
      oneTimeKeys: body["one_time_keys"],
      fallbackKeys: {
        fallback_keys: body["fallback_keys"],
        "org.matrix.msc2732.fallback_keys": body["org.matrix.msc2732.fallback_keys"],
        "org.matrix.msc2732.fallback_key": body["org.matrix.msc2732.fallback_key"],
      },
    });
    return { one_time_key_counts: counts };
  },
};
