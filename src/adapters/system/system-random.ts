import { randomBytes } from "node:crypto";
import type { Random } from "../../domain/kernel/random.ts";

/** The operating system's randomness. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
};
