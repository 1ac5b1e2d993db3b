import { list } from "./shapes/lists.ts";
import { path } from "./shapes/paths.ts";
import type { Shape } from "./shapes/shape.ts";

export const appservicesShape: Shape<readonly string[]> = list(path({ about: "A file.", initial: undefined }), {
  about: "Registration files of application services (`claviger generate-registration` makes one).",
  initial: [],
  entries: "paths",
});
