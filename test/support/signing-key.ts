import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The same for all processes of a house: one that has another key does not start. Its content is no secret. */
export function writeSigningKey(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, "signing.key"), `ed25519 a_test ${"A".repeat(43)}\n`, { mode: 0o600 });
}
