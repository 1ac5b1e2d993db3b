import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const importsOf = new Map<string, readonly string[]>();

/** Whether `file` imports `target`, itself or through other files of the repository. Both are absolute paths. */
export function importsReach(file: string, target: string): boolean {
  const seen = new Set([file]);
  for (const at of seen) {
    if (at === target) return true;
    for (const next of listImports(at)) seen.add(next);
  }
  return false;
}

function listImports(file: string): readonly string[] {
  const known = importsOf.get(file);
  if (known !== undefined) return known;
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const names = text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g);
  const imports = Array.from(names, ([, name = ""]) => join(dirname(file), name));
  importsOf.set(file, imports);
  return imports;
}
