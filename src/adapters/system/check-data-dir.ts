import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import type { Clock } from "../../domain/kernel/clock.ts";

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Below it the next checkpoint or log may find no room. */
const leastFreeBytes = 256 * 1024 * 1024;

/** A clock before this was never set; tokens and sessions would expire in the past. */
const leastTime = Date.UTC(2026, 0, 1);

/** Whether files can be kept here, there is room for them, and the clock is set. */
export async function checkDataDir(dataDir: string, clock: Clock): Promise<Finding[]> {
  const writable = await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const clockOk = clock.now() >= leastTime;
  const findings = [
    {
      name: "data_dir",
      ok: writable,
      detail: `${dataDir} ${writable ? "can be written" : "cannot be read and written"}`,
    },
    { name: "clock", ok: clockOk, detail: new Date(clock.now()).toISOString() },
  ];
  if (!writable) return findings;
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const detail = `${Math.floor(free / 2 ** 20)} MiB free, at least ${leastFreeBytes / 2 ** 20} are needed`;
  return [...findings, { name: "disk space", ok: free >= leastFreeBytes, detail }];
}
