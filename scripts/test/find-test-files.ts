import { globSync } from "node:fs";
import { relative } from "node:path";

/** Folders of which many files run for long. */
const slowFolders = /^test\/(crash|federation|histories|postgres|races)\//;

/**
 * The files `test/**\/*.test.ts` of `root`, without the soak tests (`npm run soak`) and the fixtures of the tooling. What takes long
 * comes first, so that at the end nobody waits for one file that runs alone.
 *
 * @param filters a file's path, or a part of one; none selects all
 */
export function findTestFiles(root: string, filters: readonly string[]): string[] {
  const wanted = filters.map((filter) => relative(root, filter));
  return globSync("test/**/*.test.ts", { cwd: root })
    .filter((file) => !/^test\/(soak|tooling\/fixtures)\//.test(file))
    .filter(
      (file) => filters.length === 0 || [...filters, ...wanted].some((part) => part !== "" && file.includes(part)),
    )
    .sort((a, b) => Number(slowFolders.test(b)) - Number(slowFolders.test(a)) || (a < b ? -1 : 1));
}
