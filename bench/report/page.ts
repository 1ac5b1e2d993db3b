import type { Benchmark, Figure } from "../benchmark.ts";
import { rowOf } from "./figures.ts";

export interface Measured {
  readonly benchmark: Benchmark;
  readonly figures: readonly Figure[];
}

/** docs/benchmarks.md. */
export function pageOf(measured: readonly Measured[], machine: readonly [string, string][], date: Date): string {
  const facts = [["Date", date.toISOString().slice(0, 10)], ...machine];
  return `<!-- Written by \`npm run bench -- --write\`. Do not edit. -->

# Benchmarks

What the server does, held against a floor: the least that any program on this machine would need for the same work,
measured in the same run. Server, floors and load generator are processes of their own on the same cores; ours and the
floors take turns in several rounds. "Ours" and "floor" are medians over the rounds; a ratio is that of a round's two
figures: median (smallest–largest). The server runs from source with a database file on a disk, with limits off and log
level \`error\`.

| | |
|---|---|
${facts.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

${measured.map(chapterOf).join("\n")}`;
}

function chapterOf({ benchmark, figures }: Measured): string {
  const rows = figures.map(rowOf).map(({ name, ours, floor, ratio, target, met }) => {
    return `| ${[name, ours, floor, ratio, target, met === "MISSED" ? "**missed**" : met].join(" | ")} |`;
  });
  return `## ${benchmark.name}

${benchmark.about}

| | ours | floor | ratio | target | |
|---|---|---|---|---|---|
${rows.join("\n")}
`;
}
