import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const sharedMemory = "/dev/shm";
/** Bytes that must be free in it: more than the databases of a run of all tests have at any time. */
const enough = 2 ** 31;

/**
 * Where files lie of which nobody asks that they outlive the machine: in memory where the system has a place for that, with room,
 * and from which programs may run; else its temporary folder. Making and removing a database's thousand files takes no disk there.
 */
export function memoryFolder(): string {
  try {
    accessSync(sharedMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(sharedMemory);
    const mounts = readFileSync("/proc/mounts", "utf8");
    const mayRun = !new RegExp(`^\\S+ ${sharedMemory} \\S+ \\S*\\bnoexec\\b`, "m").test(mounts);
    return mayRun && bavail * bsize > enough ? sharedMemory : tmpdir();
  } catch {
    // Another system.
    return tmpdir();
  }
}
