import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Puts a text in the place that a page keeps for the figures of a script: between two comments that name both. */
export function writeFigures(page: string, name: string, script: string, text: string): void {
  const file = join(import.meta.dirname, "../../docs", page);
  const beginning = `<!-- ${name}: begin, by scripts/measure/${basename(script)} -->`;
  const end = `<!-- ${name}: end -->`;
  const [head, rest, ...more] = readFileSync(file, "utf8").split(beginning);
  const after = rest?.split(end)[1];
  if (head === undefined || after === undefined || more.length > 0) throw new Error(`${file} has no place for ${name}`);
  writeFileSync(file, `${head}${beginning}\n\n${text}\n\n${end}${after}`);
}
