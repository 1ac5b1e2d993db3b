import type { Benchmark, Figure } from "../benchmark.ts";
import { rowOf } from "./figures.ts";

export interface Measured {
  readonly benchmark: Benchmark;
  readonly figures: readonly Figure[];
}

export type Machine = readonly (readonly [name: string, value: string])[];

/** docs/benchmarks.md anew: chapters of benchmarks that run apart are kept until they are measured again. */
export function rewritePage(before: string, measured: readonly Measured[], machine: Machine, date: Date): string {
  const apart = measured.filter(({ benchmark }) => benchmark.apart);
  const usual = measured.filter(({ benchmark }) => !benchmark.apart);
  const facts = [["Date", dayOf(date)], ...machine] as Machine;
  const measuredOn = `Measured apart from the others. ${facts.map(([name, value]) => `${name}: ${value}`).join("; ")}.`;
  const chapters = apart.map((each) => chapterOf(each, measuredOn));
  const names = apart.map(({ benchmark }) => benchmark.name);
  const kept = listApart(before).filter((chapter) => !names.some((name) => chapter.startsWith(`## ${name}\n`)));
  const main = usual.length > 0 ? pageOf(usual, facts) : (before.split(apartHeading)[0] ?? "").trimEnd();
  const end = [...kept, ...chapters].map((chapter) => chapter.trim());
  return end.length === 0 ? main : `${[main.trimEnd(), apartHeading.trim(), ...end].join("\n\n")}\n`;
}

const apartHeading = "\n# Measured apart\n";

/** The chapters after that heading. */
function listApart(page: string): string[] {
  const [, end = ""] = page.split(apartHeading);
  return end
    .split(/^(?=## )/m)
    .map((chapter) => chapter.trim())
    .filter((chapter) => chapter !== "");
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function pageOf(measured: readonly Measured[], facts: Machine): string {
  return `<!-- Written by \`npm run bench -- --write\`. Do not edit. -->

# Benchmarks

What the server does, held against a floor: the least that any program on this machine would need for the same work,
measured in the same run. Server, floors and load generator are processes of their own on the same cores; ours and the
floors take turns in several rounds. "Ours" and "floor" are medians over the rounds; a ratio is that of a round's two
figures: median (smallest–largest). The server runs from source with a database file on a disk, with limits off and log
level \`error\`. PostgreSQL, where it is used, has \`fsync\` on.

| | |
|---|---|
${facts.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

${measured.map((each) => chapterOf(each)).join("\n")}`;
}

/** @param measuredOn when and where, if not with the other chapters */
function chapterOf({ benchmark, figures }: Measured, measuredOn = ""): string {
  const rows = figures.map(rowOf).map(({ name, ours, floor, ratio, target, met }) => {
    return `| ${[name, ours, floor, ratio, target, met === "MISSED" ? "**missed**" : met].join(" | ")} |`;
  });
  return `## ${benchmark.name}

${benchmark.about}
${measuredOn === "" ? "" : `\n${measuredOn}\n`}${benchmark.plot ? `\n![${benchmark.name}](${benchmark.plot.file})\n` : ""}
| | ours | floor | ratio | target | |
|---|---|---|---|---|---|
${rows.join("\n")}
`;
}
