import type { KeyState } from "../../../domain/key-backup/change-backup.ts";

export function keyStateAnswer({ count, etag }: KeyState): object {
  return { count, etag };
}
