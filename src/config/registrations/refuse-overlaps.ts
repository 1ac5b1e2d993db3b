import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { shownName } from "../shapes/shown-value.ts";
import type { Overlap } from "./common-ids.ts";
import { clash, exclusiveNamespaces, pairsOf, type RegistrationFile } from "./registration-file.ts";

const sigils = { users: "@", aliases: "#" } as const;

/**
 * Refuses exclusive namespaces of different registrations that have an id of this server in common.
 * @throws ConfigError
 */
export async function refuseOverlaps(files: readonly RegistrationFile[], serverName: ServerName): Promise<void> {
  await refuseOverlapsOf("users", files, serverName);
  await refuseOverlapsOf("aliases", files, serverName);
}

async function refuseOverlapsOf(
  kind: "users" | "aliases",
  files: readonly RegistrationFile[],
  serverName: ServerName,
): Promise<void> {
  const owners = files.filter((file) => exclusiveNamespaces(file, kind).length > 0);
  if (owners.length < 2) return;
  const { CommonIds } = await import("./common-ids.ts"); // It loads a megabyte.
  const ids = new CommonIds(sigils[kind], serverName);
  for (const [later, earlier] of pairsOf(owners)) {
    for (const mine of exclusiveNamespaces(later, kind)) {
      for (const other of exclusiveNamespaces(earlier, kind)) {
        const overlap = ids.find(mine.regex, other.regex);
        if (overlap === undefined) continue;
        const allowed = `one that does not overlap with ${other.name} of ${earlier.path}, both exclusive`;
        throw clash(later, `${mine.name}.regex`, mine.regex, allowed + exampleOf(overlap));
      }
    }
  }
}

function exampleOf({ example }: Overlap): string {
  return example === undefined ? "" : ` (for example ${shownName(example)})`;
}
