import { type CreateBackupDeps, createBackup } from "../../../domain/key-backup/create-backup.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject, objectWith, text } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const postRoomKeysVersionEndpoint: Endpoint<CreateBackupDeps> = {
  operationId: "postRoomKeysVersion",
  method: "POST",
  paths: clientPaths("/room_keys/version", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({ algorithm: text, auth_data: anyObject }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3room_keysversion",

  async handle(deps, { requester, body }) {
    const { algorithm, auth_data } = body as { algorithm: string; auth_data: JsonObject };
    return { version: await createBackup(deps, requester, { algorithm, authData: auth_data }) };
  },
};
