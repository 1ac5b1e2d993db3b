import type { Schema } from "./load-spec.ts";

const userId: Schema = { type: "string", pattern: "^@[^:]*:." };
const count: Schema = { type: "integer", minimum: 0 };
const strings: Schema = { type: "array", items: { type: "string" } };
const userIds: Schema = { type: "array", items: userId };

/** `<algorithm>:<key id>`: what the prose says of the names of one-time keys, and one key for one asked. */
const claimedKeys: Schema = {
  properties: {
    one_time_keys: {
      additionalProperties: {
        additionalProperties: { maxProperties: 1, propertyNames: { pattern: "^[^:]+:[^:]+$" } },
      },
    },
  },
};

/** https://spec.matrix.org/v1.19/client-server-api/#extensions-to-sync: not in the OpenAPI file, tables of the prose. */
const syncExtensions: Schema = {
  properties: {
    next_batch: { minLength: 1 },
    to_device: {
      properties: {
        events: {
          type: "array",
          maxItems: 100,
          items: {
            type: "object",
            required: ["content", "sender", "type"],
            properties: { content: { type: "object" }, sender: userId, type: { type: "string" } },
            additionalProperties: false,
          },
        },
      },
    },
    device_lists: { properties: { changed: userIds, left: userIds } },
    device_one_time_keys_count: { additionalProperties: count },
    device_unused_fallback_key_types: strings,
    "org.matrix.msc2732.device_unused_fallback_key_types": strings,
  },
  // Required, except that who has no device has neither of the three (rule S1).
  dependentRequired: {
    to_device: ["device_unused_fallback_key_types"],
    device_one_time_keys_count: ["device_unused_fallback_key_types"],
  },
};

/**
 * What must hold for a 200 answer beyond the OpenAPI files, where the specification's prose is clear, by api and
 * operation. None of them closes an object to members of ours, except to-device events (rule S3).
 */
export const stricterAnswers: Readonly<Record<string, Schema>> = {
  "client-server checkUsernameAvailability": { required: ["available"], properties: { available: { const: true } } },
  "client-server claimKeys": claimedKeys,
  "client-server getDevices": { required: ["devices"] },
  "client-server getKeysChanges": { properties: { changed: userIds, left: userIds } },
  "client-server getLoginFlows": { required: ["flows"] },
  "client-server getVersions": {
    properties: {
      versions: { minItems: 1, items: { pattern: "^(v[1-9][0-9]*\\.[0-9]+|r0\\.[0-9]+\\.[0-9]+)$" } },
    },
  },
  // A client that finds a user missing asks again without end (rule Q1), so the map itself is never left out.
  "client-server queryKeys": { required: ["device_keys"] },
  "client-server sync": syncExtensions,
  "client-server uploadCrossSigningSignatures": {
    properties: {
      failures: { additionalProperties: { additionalProperties: { required: ["errcode", "error"] } } },
    },
  },
  "client-server uploadKeys": { properties: { one_time_key_counts: { additionalProperties: count } } },
  "server-server claimUserEncryptionKeys": claimedKeys,
};
