import { type Description, leaf } from "./leaf.ts";
import type { Shape } from "./shape.ts";

export interface Range {
  readonly from: number;
  readonly to: number;
}

export function wholeNumber(range: Range, description: Description): Shape<number> {
  return leaf({
    ...description,
    allowed: `a whole number from ${range.from} to ${range.to}`,
    accept: (raw) => (Number.isInteger(raw) && isWithin(raw, range) ? raw : undefined),
  });
}

export function decimalNumber(range: Range, description: Description): Shape<number> {
  return leaf({
    ...description,
    allowed: `a number from ${range.from} to ${range.to}`,
    accept: (raw) => (isWithin(raw, range) ? raw : undefined),
  });
}

function isWithin(raw: unknown, range: Range): raw is number {
  return typeof raw === "number" && raw >= range.from && raw <= range.to;
}

export function flag(description: Description): Shape<boolean> {
  return leaf({
    ...description,
    allowed: "true or false",
    accept: (raw) => (typeof raw === "boolean" ? raw : undefined),
  });
}

/** One of some words. */
export function choice<const T extends string>(words: readonly T[], description: Description): Shape<T> {
  return leaf<T>({
    ...description,
    allowed: words.length === 1 ? `only ${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    accept: (raw) => words.find((word) => word === raw),
    fromText: (text) => text,
  });
}

interface TextDescription<T> extends Description {
  readonly allowed: string;
  readonly secret?: boolean;
  /** Returns `undefined` for a text that is not allowed. */
  readonly parse: (text: string) => T | undefined;
}

export function text<T>(description: TextDescription<T>): Shape<T> {
  return leaf<T>({
    ...description,
    accept: (raw) => (typeof raw === "string" ? description.parse(raw) : undefined),
    fromText: (value) => value,
  });
}
