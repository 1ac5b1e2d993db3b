import type { KeyState } from "../../../domain/key-backup/change-backup.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { RenderedJson } from "../../endpoint.ts";

interface BackupDescription extends KeyState {
  readonly version: number;
  readonly algorithm: string;
  /** JSON text. */
  readonly authData: string;
}

export function backupAnswer({ version, algorithm, authData, count, etag }: BackupDescription): RenderedJson {
  const text = objectText([
    ["algorithm", JSON.stringify(algorithm)],
    ["auth_data", authData],
    ["count", String(count)],
    ["etag", JSON.stringify(etag)],
    ["version", JSON.stringify(String(version))],
  ]);
  return new RenderedJson(text);
}
