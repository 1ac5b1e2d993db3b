import type { Place } from "../shapes/place.ts";
import { hiddenValue } from "../shapes/shown-value.ts";

/** What may stand in one place of a registration. */
export interface Kind<T> {
  /** As a phrase: `true or false`. */
  readonly allowed: string;
  /** A secret value is not shown when it is refused. */
  readonly secret?: true;
  /** @returns `undefined` for a value that is not allowed */
  readonly parse: (raw: unknown) => T | undefined;
}

export type Raw = Readonly<Record<string, unknown>>;

/** @throws ConfigError where the member is missing or not allowed */
export function required<T>(raw: Raw, key: string, kind: Kind<T>, place: Place): T {
  const value = raw[key];
  const inside = place.inside(key);
  if (value === undefined) throw inside.missing(kind.allowed);
  const parsed = kind.parse(value);
  if (parsed === undefined) throw inside.refusal(kind.secret ? hiddenValue : value, kind.allowed);
  return parsed;
}

/** As `required`, but the member may be missing or null: then it is `initial`. */
export function optional<T>(raw: Raw, key: string, kind: Kind<T>, initial: T, place: Place): T {
  return raw[key] === undefined || raw[key] === null ? initial : required(raw, key, kind, place);
}

/** The entries of a list that may be missing or null, each with its place. @throws ConfigError where it is no list */
export function entriesOf(raw: Raw, key: string, allowed: string, place: Place): [entry: unknown, place: Place][] {
  const inside = place.inside(key);
  const list = raw[key] ?? [];
  if (!Array.isArray(list)) throw inside.refusalOfKind(list, allowed);
  return list.map((entry: unknown, index) => [entry, inside.inside(index)]);
}

export const flag: Kind<boolean> = {
  allowed: "true or false",
  parse: (raw) => (typeof raw === "boolean" ? raw : undefined),
};
