import { statSync } from "node:fs";

const unknownBirth = "-";

/** Which file this is: a copy has another inode, and a new file in the place of an old one another birth time (ns). */
export function fileIdentity(path: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true });
  // Where the file system keeps no birth time, the time of the last change stands there, or 0.
  const birth = birthtimeNs === 0n || birthtimeNs === ctimeNs ? unknownBirth : String(birthtimeNs);
  return `${ino}:${birth}`;
}

/** Whether two identities can be those of one file; a birth time is compared where both know it. */
export function isSameFile(one: string, other: string): boolean {
  const [inode, birth] = one.split(":");
  const [otherInode, otherBirth] = other.split(":");
  return inode === otherInode && (birth === otherBirth || birth === unknownBirth || otherBirth === unknownBirth);
}
