import { type GetBackupDeps, getBackup } from "../../../domain/key-backup/get-backup.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { backupAnswer } from "./backup-answer.ts";

export const getRoomKeysVersionEndpoint: Endpoint<GetBackupDeps> = {
  operationId: "getRoomKeysVersion",
  method: "GET",
  paths: clientPaths("/room_keys/version/:version", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversionversion",

  async handle(deps, { requester, params }) {
    const { version = "" } = params;
    return backupAnswer(await getBackup(deps, requester, version));
  },
};
