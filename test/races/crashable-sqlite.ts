import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { type CrashableOptions, type CrashableProcess, openIn } from "./crashable-process.ts";

/** It dies with its files as they are at that moment. */
export async function openCrashableSqlite(
  place: DatabasePlace & { readonly engine: "sqlite" },
  options: CrashableOptions,
): Promise<CrashableProcess> {
  const start = () => openIn(options, place, "data");
  let open = await start();
  const files = [place.path, `${place.path}-wal`, join(options.folder, "data", "high-water.json")];
  return {
    get database() {
      return open;
    },
    async restart() {
      await open.close();
      open = await start();
    },
    async crash() {
      const left = files.map((file) => (existsSync(file) ? readFileSync(file) : undefined));
      await open.close();
      rmSync(`${place.path}-shm`, { force: true });
      for (const [index, file] of files.entries()) {
        const content = left[index];
        // In place: another file in its place would be a restored backup (rule E5).
        if (content) writeFileSync(file, content);
        else rmSync(file, { force: true });
      }
      open = await start();
    },
    close: () => open.close(),
  };
}
