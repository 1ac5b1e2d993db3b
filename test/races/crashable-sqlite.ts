import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { type CrashableOptions, type CrashableProcess, openIn } from "./crashable-process.ts";

/** It dies with its files as they are at that moment. */
export function crashableSqlite(
  place: DatabasePlace & { readonly engine: "sqlite" },
  options: CrashableOptions,
): CrashableProcess {
  const files = [place.path, `${place.path}-wal`, join(options.folder, "data", "high-water.json")];
  return {
    start: () => openIn(options, place, "data"),
    async kill(open) {
      const left = files.map((file) => (existsSync(file) ? readFileSync(file) : undefined));
      await open.close();
      rmSync(`${place.path}-shm`, { force: true });
      for (const [index, file] of files.entries()) {
        const content = left[index];
        // In place: another file in its place would be a restored backup (rule E5).
        if (content) writeFileSync(file, content);
        else rmSync(file, { force: true });
      }
    },
    end: async () => undefined,
  };
}
