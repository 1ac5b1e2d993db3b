import { Child } from "../child/child.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

/** Where there is no `wrk`. It takes more CPU time for itself, so that ratios to a fast floor look better than they are. */
export async function runAutocannon(options: LoadOptions): Promise<LoadResult> {
  const child = new Child(new URL("../processes/autocannon.ts", import.meta.url));
  try {
    return await child.call("run", options);
  } finally {
    await child.stop();
  }
}
