import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** As whom servers run that refuse root: `undefined` (as ourselves) unless this process is root. */
export function findServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("PostgreSQL refuses to run as root, and /etc/passwd has neither postgres nor nobody");
}

/** Gives a folder and what is in it to `user`. */
export function giveTo(user: ServerUser | undefined, folder: string): void {
  if (user !== undefined) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
}

/**
 * `binaries` where `user` can reach them, else the folder of a copy inside `folder`: root's home, with the repository in it, is
 * closed to everybody else. Only an installation that has all its parts beside its binaries can be copied.
 */
export function reachableBinaries(binaries: string, user: ServerUser | undefined, folder: string): string {
  if (user === undefined) return binaries;
  const { error } = spawnSync(join(binaries, "postgres"), ["--version"], { ...user, cwd: "/", stdio: "ignore" });
  const parts = ["bin", "lib", "share/postgresql"];
  const isMovable = parts.every((part) => existsSync(join(binaries, "..", part)));
  if ((error as NodeJS.ErrnoException | undefined)?.code !== "EACCES" || !isMovable) return binaries;
  const copy = join(folder, "installation");
  for (const part of parts)
    cpSync(join(binaries, "..", part), join(copy, part), { recursive: true, verbatimSymlinks: true });
  giveTo(user, copy);
  return join(copy, "bin");
}
