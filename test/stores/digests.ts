import { hash } from "node:crypto";

/** A digest as tokens and request bodies have them: 32 bytes. */
export function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
