// Who imports whom in src/: the rules are in .dependency-cruiser.mjs.
import { cruise, type ICruiseResult } from "dependency-cruiser";
import configuration, { rooms, subjects } from "../../.dependency-cruiser.mjs";
import { listFiles } from "./list-files.ts";

/** A file that breaks a rule, with the import as it is written there (empty where the file itself is what is wrong). */
export interface Breach {
  readonly rule: string;
  readonly file: string;
  readonly imported: string;
  readonly reason: string;
}

const reasons = new Map(configuration.forbidden?.map((rule) => [rule.name, rule.comment]));

/**
 * Every breach in `root`/src.
 *
 * That a file was seen at all is checked too: a parser that cannot read TypeScript reports success over no modules, and a
 * folder that no rule names could import anything.
 */
export async function findForbiddenArrows(root: string): Promise<Breach[]> {
  const files = listFiles(root, "src").filter((file) => file.endsWith(".ts"));
  const { modules, summary } = await cruiseSources(root);
  return [
    ...findUnseen(
      files,
      modules.map((module) => module.source),
    ),
    ...files
      .filter((file) => !hasPlace(file))
      .map((file) => breach("unknown-place", file, "no room or subject has it")),
    ...summary.violations.map(({ from, to, unresolvedTo, rule, cycle }) => ({
      rule: rule.name,
      file: from,
      imported: cycle?.map((step) => step.name).join(" -> ") ?? unresolvedTo ?? to,
      reason: reasons.get(rule.name) ?? "",
    })),
  ];
}

/** The files that dependency-cruiser did not look into; at least one file there must be. */
export function findUnseen(files: string[], seen: string[]): Breach[] {
  const missing = new Set(files).difference(new Set(seen));
  return [
    ...(files.length === 0 ? [breach("unseen", "src", "there is no source at all")] : []),
    ...[...missing].map((file) => breach("unseen", file, "dependency-cruiser did not look into it")),
  ];
}

async function cruiseSources(root: string): Promise<ICruiseResult> {
  const { forbidden = [], options } = configuration;
  const { enhancedResolveOptions, ...cruiseOptions } = options ?? {};
  const result = await cruise(
    ["src"],
    { ...cruiseOptions, baseDir: root, validate: true, ruleSet: { forbidden } },
    enhancedResolveOptions,
  );
  if (typeof result.output === "string") throw new Error(result.output);
  return result.output;
}

function hasPlace(file: string): boolean {
  const [, room = "", subject = "", ...rest] = file.split("/");
  if (room === "domain") return rest.length > 0 && subjects.flat().includes(subject);
  return file === "src/app.ts" || room in rooms;
}

function breach(rule: string, file: string, reason: string): Breach {
  return { rule, file, imported: "", reason };
}

if (import.meta.main) {
  const breaches = await findForbiddenArrows(process.cwd());
  for (const { rule, file, imported, reason } of breaches) console.error(`${file} -> ${imported}: ${rule} (${reason})`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
