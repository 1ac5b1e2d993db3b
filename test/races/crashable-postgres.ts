import { cpSync } from "node:fs";
import { join } from "node:path";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { type CrashableOptions, type CrashableProcess, openIn } from "./crashable-process.ts";
import { SeverableLink } from "./severable-link.ts";

/** It dies with its connections cut, and what is in its data_dir at that moment goes on. */
export async function crashablePostgres(
  place: DatabasePlace & { readonly engine: "postgres" },
  options: CrashableOptions,
): Promise<CrashableProcess> {
  let lives = 0;
  let link = await SeverableLink.open(place.url);
  const dying: Promise<unknown>[] = [];
  return {
    start: () => openIn(options, { ...place, url: link.url }, `data-${lives}`),
    async kill(open) {
      const severed = link.sever();
      // The dead process does not know that it is dead, and may write on into its own folder.
      cpSync(join(options.folder, `data-${lives}`), join(options.folder, `data-${++lives}`), { recursive: true });
      dying.push(open.close().catch(() => undefined));
      await severed;
      link = await SeverableLink.open(place.url);
    },
    async end() {
      await Promise.all(dying);
      await link.sever();
    },
  };
}
