import { closeSync, copyFileSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrokenBenchmarkError } from "./broken-benchmark-error.ts";

/** What `statfs` says of file systems that live in memory, where fsync costs nothing: tmpfs and ramfs. */
const inMemory = [0x01021994, 0x858458f6];

/** A folder on a real disk, for as long as the benchmarks run. */
export class Workspace {
  readonly folder: string;
  readonly #populations = new Map<string, Promise<string>>();
  #count = 0;

  constructor() {
    const places = [tmpdir(), "/var/tmp", join(import.meta.dirname, "../node_modules")];
    const place = places.find((path) => !inMemory.includes(typeOf(path)));
    if (place === undefined) throw new BrokenBenchmarkError(`None of ${places.join(", ")} is on a disk`);
    // Where PostgreSQL's files are made, too.
    process.env["TMPDIR"] = place;
    this.folder = mkdtempSync(join(place, "claviger-bench-"));
  }

  newFolder(name: string): string {
    const folder = join(this.folder, `${++this.#count}-${name}`);
    mkdirSync(folder);
    return folder;
  }

  /** A copy of a database that `make` fills when it is first asked for; gives the copy's folder. */
  async database(name: string, make: (folder: string) => Promise<string>): Promise<{ folder: string; path: string }> {
    let original = this.#populations.get(name);
    if (!original) {
      original = make(this.newFolder(`population-${name}`));
      this.#populations.set(name, original);
    }
    const folder = this.newFolder(name);
    const path = join(folder, "claviger.db");
    copyFileSync(await original, path);
    // Otherwise the first commits that are measured would wait for the copy to reach the disk.
    const file = openSync(path, "r");
    fsyncSync(file);
    closeSync(file);
    return { folder, path };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function typeOf(path: string): number {
  try {
    return statfsSync(path).type;
  } catch {
    return inMemory[0] as number;
  }
}
