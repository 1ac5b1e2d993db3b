import type { Benchmark, Figure } from "../benchmark.ts";
import { rowOf } from "./figures.ts";

export interface Measured {
  readonly benchmark: Benchmark;
  readonly figures: readonly Figure[];
  readonly date: Date;
  readonly machine: Machine;
}

export type Machine = readonly (readonly [name: string, value: string])[];

/**
 * docs/benchmarks.md with the chapter of what was measured; the others are kept until they are measured again.
 *
 * @param order the names of all benchmarks, as their chapters follow each other; others are dropped
 */
export function rewritePage(before: string, measured: Measured, order: readonly string[]): string {
  const { name } = measured.benchmark;
  const chapters = new Map(before.split(/^(?=## )/m).map((chapter) => [nameOf(chapter), chapter.trim()]));
  chapters.set(name, chapterOf(measured));
  const text = [beginning, ...order.flatMap((each) => chapters.get(each) ?? [])];
  return `${text.join("\n\n")}\n`;
}

function nameOf(chapter: string): string | undefined {
  return /^## (.*)$/m.exec(chapter)?.[1];
}

const beginning = `<!-- Written by \`npm run bench -- --write\`. Do not edit. -->

# Benchmarks

What the server does, held against a floor: the least that any program on this machine would need for the same work,
measured in the same run. Server, floors and load generator are processes of their own on the same cores; ours and the
floors take turns in several rounds. "Ours" and "floor" are medians over the rounds; a ratio is that of a round's two
figures: median (smallest–largest). The server runs from source with a database file on a disk, with limits off and log
level \`error\`. PostgreSQL, where it is used, has \`fsync\` on. Ratios may be compared between chapters, figures only within one: machines
that are virtual share their host.`;

function chapterOf({ benchmark, figures, date, machine }: Measured): string {
  const rows = figures.map(rowOf).map(({ name, ours, floor, ratio, target, met }) => {
    return `| ${[name, ours, floor, ratio, target, met === "MISSED" ? "**missed**" : met].join(" | ")} |`;
  });
  const plot = benchmark.plot ? `\n![${benchmark.name}](${benchmark.plot.file})\n` : "";
  return `## ${benchmark.name}

${benchmark.about}

Measured on ${date.toISOString().slice(0, 10)}. ${machine.map(([name, value]) => `${name}: ${value}`).join("; ")}.
${plot}
| | ours | floor | ratio | target | |
|---|---|---|---|---|---|
${rows.join("\n")}`;
}
