import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The files of `folders` that git tracks or would track, as paths relative to `root`; deleted ones are left out. */
export function listFiles(root: string, ...folders: string[]): string[] {
  const git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...folders];
  const names = execFileSync("git", git, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).split("\0");
  return [...new Set(names)].filter((name) => name !== "" && existsSync(join(root, name))).sort();
}
