import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** Only the server's own user: the database holds password hashes. */
const privateFile = 0o600;
const privateFolder = 0o700;

/** Makes a folder and those above it, such that they survive power loss. */
export function createFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: privateFolder });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) syncFolder(dirname(folder));
}

/** Makes an empty file unless there is one; true when it did. It never opens a file that is there. */
export function createFile(path: string): boolean {
  try {
    // Closing a file drops every lock that this process holds on it (POSIX): "x" makes sure that nobody has it open.
    closeSync(openSync(path, "wx", privateFile));
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
  giveToOwnerOfFolder(path);
  return true;
}

/** Replaces the content of a file: after a crash at any moment it is the old one or the new one. */
export function replaceFile(path: string, content: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, "w", privateFile);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  giveToOwnerOfFolder(temporary);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** The content, or `undefined` when there is no such file. */
export function readFileIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function syncFolder(path: string): void {
  // Windows does not let folders be opened, and needs no sync of them.
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** What root's command line makes, the server's user must be able to use. */
function giveToOwnerOfFolder(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
