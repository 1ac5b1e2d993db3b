import { resolve } from "node:path";
import { type Description, leaf } from "./leaf.ts";
import type { Shape } from "./shape.ts";

/** A file or folder; relative to the folder of the config file, absolute once read. `kept` are names that are no paths. */
export function path(description: Description, kept: readonly string[] = []): Shape<string> {
  return leaf<string>({
    ...description,
    allowed: ["a path", ...kept].join(" or "),
    accept: (raw, place) => {
      if (typeof raw !== "string" || !looksLikePath(raw)) return undefined;
      return kept.includes(raw) ? raw : resolve(place.reading.folder, raw);
    },
    fromText: (text) => text,
  });
}

/** A URL is refused: it would quietly become a file in a folder named `postgres:`. */
function looksLikePath(raw: string): boolean {
  return raw !== "" && !raw.includes("\0") && !/^[a-z][a-z0-9+.-]*:\/\//i.test(raw);
}
