import { path } from "./shapes/paths.ts";
import type { Shape } from "./shapes/shape.ts";

export const dataDirShape: Shape<string> = path({
  about: "The folder of the signing key and, unless database.path says otherwise, of the embedded database.",
  initial: "./data",
});
