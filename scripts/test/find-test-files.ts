import { globSync } from "node:fs";
import { relative } from "node:path";

/**
 * The files `test/**\/*.test.ts` of `root`, without the soak tests (`npm run soak`) and the fixtures of the tooling.
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
    .sort();
}
