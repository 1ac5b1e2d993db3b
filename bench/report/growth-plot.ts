import type { Figure } from "../benchmark.ts";
import { median, percentile } from "../statistics.ts";

interface Point {
  readonly keys: number;
  readonly low: number;
  readonly cost: number;
  readonly high: number;
}

const frame = { width: 720, height: 400, left: 70, right: 150, top: 40, bottom: 60 };
const colors: Readonly<Record<string, string>> = {
  ...{ SQLite: "#0b6e99", "SQLite scattered": "#8fc1d6", PostgreSQL: "#b4460f", "PostgreSQL scattered": "#e6b08f" },
};

/** An SVG file: cost of a claim over the number of stored keys, a line for each engine, whose names begin the figures' ones. */
export function growthPlot(figures: readonly Figure[]): string {
  const series = new Map<string, Point[]>();
  for (const { name, ours } of figures) {
    const [, engine, keys] = /^(\w+(?: scattered)?), ([\d,]+) keys$/.exec(name) ?? [];
    if (engine === undefined || keys === undefined) continue;
    const point = { low: percentile(ours, 0.25), cost: median(ours), high: percentile(ours, 0.75) };
    series.set(engine, [...(series.get(engine) ?? []), { keys: Number(keys.replaceAll(",", "")), ...point }]);
  }
  const points = [...series.values()].flat();
  const step = stepOf(Math.max(...points.map(({ high }) => high)));
  const steps = Math.ceil(Math.max(...points.map(({ high }) => high)) / step);
  const [from, to] = [Math.min(...points.map(({ keys }) => keys)), Math.max(...points.map(({ keys }) => keys))];
  const span = Math.log10(to / from) || 1;
  const x = (keys: number) =>
    round(frame.left + (Math.log10(keys / from) / span) * (frame.width - frame.left - frame.right));
  const y = (cost: number) =>
    round(frame.height - frame.bottom - (cost / (step * steps)) * (frame.height - frame.top - frame.bottom));
  const costs = Array.from({ length: steps + 1 }, (_, index) => index * step);
  const sizes = [...new Set(points.map(({ keys }) => keys))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${frame.width} ${frame.height}" font-family="sans-serif" font-size="13">`,
    `<title>Cost of a claim over the number of stored one-time keys</title>`,
    `<rect width="${frame.width}" height="${frame.height}" fill="#ffffff"/>`,
    ...costs.map((cost) => horizontal(y(cost), `${cost} µs`)),
    ...sizes.map((keys) => text(x(keys), frame.height - frame.bottom + 22, "middle", keys.toLocaleString("en"))),
    text((frame.left + frame.width - frame.right) / 2, frame.height - 14, "middle", "one-time keys stored"),
    text(frame.left, frame.top - 16, "start", "time of a claim: median, and the middle half of the rounds"),
    ...[...series].flatMap(([engine, own]) => lineOf(engine, own, x, y)),
    ...labelsOf([...series].map(([engine, own]) => [engine, y((own.at(-1) as Point).cost)] as const)),
    "</svg>\n",
  ].join("\n");
}

type Scale = (value: number) => number;

function lineOf(engine: string, points: readonly Point[], x: Scale, y: Scale): string[] {
  const color = colors[engine] ?? "#333333";
  return [
    `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.map(({ keys, cost }) => `${x(keys)},${y(cost)}`).join(" ")}"/>`,
    ...points.map(
      ({ keys, low, high }) => `<path stroke="${color}" stroke-width="1.5" d="M${x(keys)} ${y(low)}V${y(high)}"/>`,
    ),
    ...points.map(({ keys, cost }) => `<circle cx="${x(keys)}" cy="${y(cost)}" r="4" fill="${color}"/>`),
  ];
}

/** Beside the ends of the lines, but not on top of each other. */
function labelsOf(ends: readonly (readonly [engine: string, y: number])[]): string[] {
  let lowest = 0;
  return [...ends]
    .sort(([, one], [, other]) => one - other)
    .map(([engine, y]) => {
      lowest = Math.max(y + 4, lowest + 16);
      return text(frame.width - frame.right + 14, lowest, "start", engine, colors[engine]);
    });
}

function horizontal(y: number, label: string): string {
  const end = frame.width - frame.right;
  return `<path stroke="#d8d8d8" d="M${frame.left} ${y}H${end}"/>\n${text(frame.left - 8, y + 4, "end", label)}`;
}

function text(x: number, y: number, anchor: string, content: string, color = "#222222"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${color}">${content}</text>`;
}

/** 1, 2 or 5 times a power of ten, so that there are four to ten of them. */
function stepOf(most: number): number {
  const rough = most / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
