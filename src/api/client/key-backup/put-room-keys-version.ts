import type { ChangeBackupDeps } from "../../../domain/key-backup/change-backup.ts";
import { updateBackup } from "../../../domain/key-backup/update-backup.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject, objectWith, text, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

export const putRoomKeysVersionEndpoint: Endpoint<ChangeBackupDeps> = {
  operationId: "putRoomKeysVersion",
  method: "PUT",
  paths: clientPaths("/room_keys/version/:version", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({ algorithm: text, auth_data: anyObject }, { version: textOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keysversionversion",

  async handle(deps, { requester, params, body }) {
    const { version = "" } = params;
    const { algorithm, auth_data } = body as { algorithm: string; auth_data: JsonObject };
    const repeatedVersion = textOf(body["version"]);
    await updateBackup(deps, requester, { version, repeatedVersion, algorithm, authData: auth_data });
    return {};
  },
};
