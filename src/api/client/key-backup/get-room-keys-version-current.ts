import { type GetBackupDeps, getNewestBackup } from "../../../domain/key-backup/get-backup.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { backupAnswer } from "./backup-answer.ts";

export const getRoomKeysVersionCurrentEndpoint: Endpoint<GetBackupDeps> = {
  operationId: "getRoomKeysVersionCurrent",
  method: "GET",
  paths: clientPaths("/room_keys/version", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversion",

  async handle(deps, { requester }) {
    return backupAnswer(await getNewestBackup(deps, requester));
  },
};
