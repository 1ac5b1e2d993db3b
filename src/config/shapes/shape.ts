import type { Place } from "./place.ts";

/**
 * Describes one value of the configuration, from one description for reading it, for `docs/config.md` and for the
 * config file of the first start.
 */
export interface Shape<T> {
  /** What it does, for the operator: whole sentences. */
  readonly about: string;
  /** What may stand there, as a phrase: `a whole number from 1 to 5000`. */
  readonly allowed: string;
  /** The default as it would stand in the file; null where it is simply not set, `undefined` where it is required. */
  readonly initial: unknown;
  /** What happens where it is not set, or a value to show where there is no default. */
  readonly unset?: string | undefined;
  readonly example?: string | undefined;
  readonly parts: Parts;
  /** @throws ConfigError */
  read(raw: unknown, place: Place): T;
  /** The raw value that the text of an environment variable means. */
  fromText(text: string): unknown;
}

/** What is inside of a value. */
export type Parts =
  | { readonly kind: "leaf" }
  | { readonly kind: "section"; readonly members: ReadonlyMap<string, Shape<unknown>> }
  | { readonly kind: "list"; readonly item: Shape<unknown> };

/** Tells whether a raw value can be read as a section: an object with keys. */
export function isMapping(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
