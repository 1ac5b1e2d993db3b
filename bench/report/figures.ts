import type { Figure, Target } from "../benchmark.ts";
import { median } from "../statistics.ts";

/** A figure as tables show it: texts. */
export interface Row {
  readonly name: string;
  readonly ours: string;
  readonly floor: string;
  /** Median, then minimum and maximum over the rounds. */
  readonly ratio: string;
  readonly target: string;
  readonly met: "" | "met" | "MISSED";
}

export function rowOf(figure: Figure): Row {
  const { name, ours, floor, floorName, unit, target } = figure;
  const ratios = ratiosOf(figure);
  return {
    name,
    ours: valueText(median(ours), unit),
    floor: floor ? `${valueText(median(floor), unit)} ${floorName ?? ""}`.trimEnd() : "",
    ratio: ratios.length > 0 ? spanText(ratios) : "",
    target: target ? targetText(target, unit) : "",
    met: target ? verdict(figure, target) : "",
  };
}

function ratiosOf({ ours, floor = [] }: Figure): number[] {
  return floor.length === 0 ? [] : ours.map((value, round) => value / (floor[round] ?? Number.NaN));
}

function verdict(figure: Figure, { of, is, value }: Target): Row["met"] {
  const measured = median(of === "ratio" ? ratiosOf(figure) : figure.ours);
  const isMet = is === "at least" ? measured >= value : measured < value;
  return isMet ? "met" : "MISSED";
}

function targetText({ of, is, value }: Target, unit: string): string {
  return `${is === "at least" ? "≥" : "<"} ${of === "ratio" ? value.toFixed(2) : valueText(value, unit)}`;
}

function spanText(ratios: readonly number[]): string {
  const middle = ratioText(median(ratios));
  if (ratios.length === 1) return middle;
  return `${middle} (${ratioText(Math.min(...ratios))}–${ratioText(Math.max(...ratios))})`;
}

function ratioText(ratio: number): string {
  return ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2);
}

function valueText(value: number, unit: string): string {
  // Three digits that say something, and all those before the point.
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1))));
  const number = value.toLocaleString("en", { maximumFractionDigits: digits });
  return unit.startsWith("/") || unit === "" ? `${number}${unit}` : `${number} ${unit}`;
}
