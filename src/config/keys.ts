import { choice, wholeNumber } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

/** Rules K6, K8 and K9. */
export interface KeysConfig {
  readonly verifySignatures: "off" | "report" | "enforce";
  readonly identityKeys: "replaceable" | "fixed";
  /** Unissued one-time keys of one device. */
  readonly maxOneTimeKeys: number;
}

export const keysShape: Shape<KeysConfig> = section("What is expected of the keys that devices upload.", {
  verifySignatures: choice(["off", "report", "enforce"], {
    about: "Signatures of uploaded keys: `report` counts and logs bad ones, `enforce` refuses them.",
    initial: "report",
  }),
  identityKeys: choice(["replaceable", "fixed"], {
    about: "Whether a device may replace its identity keys; if it does, its other keys are dropped.",
    initial: "replaceable",
  }),
  maxOneTimeKeys: wholeNumber(
    { from: 1, to: 5000 },
    { about: "How many unissued one-time keys are kept for one device.", initial: 500 },
  ),
});
