import type { ChangeBackupDeps } from "../../../domain/key-backup/change-backup.ts";
import { deleteBackup } from "../../../domain/key-backup/delete-backup.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const deleteRoomKeysVersionEndpoint: Endpoint<ChangeBackupDeps> = {
  operationId: "deleteRoomKeysVersion",
  method: "DELETE",
  paths: clientPaths("/room_keys/version/:version", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keysversionversion",

  async handle(deps, { requester, params }) {
    const { version = "" } = params;
    await deleteBackup(deps, requester, version);
    return {};
  },
};
