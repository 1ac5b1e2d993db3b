// Names that say what a thing is kept in, not what it does, are refused for files and folders.
import { listFiles } from "./list-files.ts";

/** Refused as the last word too: `key-manager`, `test-helpers`. */
const drawers = ["util", "utils", "helper", "helpers", "misc", "manager", "managers"];
/** Refused alone only: `shared-rooms` are rooms that users share. */
const adjectives = ["common", "shared", "base"];

/** The files and folders of `files` that have such a name, each once. */
export function findEmptyNames(files: string[]): string[] {
  const refused = new Set<string>();
  for (const file of files) {
    const parts = file.split("/");
    parts.forEach((part, depth) => {
      if (isEmptyName(part)) refused.add(parts.slice(0, depth + 1).join("/"));
    });
  }
  return [...refused].sort();
}

function isEmptyName(part: string): boolean {
  const [name = ""] = part.toLowerCase().split(".");
  const lastWord = name.split(/[-_]/).at(-1) ?? "";
  return drawers.includes(lastWord) || adjectives.includes(name);
}

if (import.meta.main) {
  const ours = listFiles(process.cwd(), "src", "test", "scripts", "bench", "examples");
  const refused = findEmptyNames(ours.filter((file) => !/^test\/(tooling\/fixtures|openapi\/spec)\//.test(file)));
  for (const name of refused) console.error(`${name}: say what it does`);
  process.exitCode = refused.length === 0 ? 0 : 1;
}
