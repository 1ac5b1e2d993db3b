// How long files may be. (How long functions may be: biome.json.)
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { listFiles } from "./list-files.ts";

const limits = [
  { folders: ["src", "scripts", "bench", "examples"], lines: 400 },
  { folders: ["test"], lines: 600 },
];

/** They are catalogues: read by looking one thing up. */
const exempt = new Set(["schema.ts", "errcodes.ts"]);

/** What 95% of the files of src/ stay under. */
const aim = 250;

export interface Sizes {
  /** One line for each file that is too long. */
  readonly breaches: string[];
  /** How src/ stands against its aim. */
  readonly summary: string;
}

export function measureSizes(root: string): Sizes {
  const breaches = limits.flatMap(({ folders, lines }) =>
    measure(root, folders)
      .filter((file) => file.lines > lines && !exempt.has(basename(file.name)))
      .map((file) => `${file.name}: ${file.lines} lines, at most ${lines} are allowed`),
  );
  return { breaches, summary: summarize(measure(root, ["src"])) };
}

interface MeasuredFile {
  readonly name: string;
  readonly lines: number;
}

function measure(root: string, folders: string[]): MeasuredFile[] {
  return listFiles(root, ...folders)
    .filter((name) => /\.m?ts$|\.mjs$/.test(name) && !name.startsWith("test/tooling/fixtures/"))
    .map((name) => ({ name, lines: readFileSync(join(root, name), "utf8").trimEnd().split("\n").length }));
}

function summarize(files: MeasuredFile[]): string {
  const long = files.filter((file) => file.lines > aim && !exempt.has(basename(file.name)));
  const share = files.length === 0 ? 100 : (100 * (files.length - long.length)) / files.length;
  const names = long.map((file) => `${file.name} ${file.lines}`).join(", ");
  const warning = share < 95 ? "warning: " : "";
  return `${warning}${share.toFixed(1)}% of ${files.length} files in src have at most ${aim} lines (aim: 95%)${names && `; longer: ${names}`}`;
}

if (import.meta.main) {
  const { breaches, summary } = measureSizes(process.cwd());
  for (const breach of breaches) console.error(breach);
  console.log(summary);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
