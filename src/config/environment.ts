import { ConfigError } from "./config-error.ts";
import { nearestName } from "./shapes/nearest-name.ts";
import { environmentVariable } from "./shapes/place.ts";
import { isMapping, type Shape } from "./shapes/shape.ts";
import { shownName } from "./shapes/shown-value.ts";

/** One `CLAVIGER_SECTION__KEY` of the environment. */
interface Override {
  readonly variable: string;
  readonly segments: readonly string[];
  /** Empty means that the variable is not set, as in a list of variables that a deployment leaves blank. */
  readonly text: string;
}

export interface Overridden {
  readonly raw: unknown;
  readonly variables: ReadonlySet<string>;
}

/**
 * Puts what the environment says over the raw configuration, which is not changed itself.
 * @throws ConfigError for a `CLAVIGER_*` that names no key
 */
export function applyEnvironment(
  shape: Shape<unknown>,
  raw: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): Overridden {
  const overrides = readOverrides(environment);
  return {
    raw: overrides.reduce((sofar, override) => replaceIn(shape, sofar, override, 0), raw),
    variables: new Set(overrides.filter(({ text }) => text !== "").map(({ variable }) => variable)),
  };
}

/** Whole sections come first, so that their single keys win. */
function readOverrides(environment: Readonly<Record<string, string | undefined>>): Override[] {
  return Object.keys(environment)
    .filter((variable) => variable.startsWith("CLAVIGER_"))
    .map((variable) => ({
      variable,
      segments: variable.slice("CLAVIGER_".length).toLowerCase().split("__"),
      text: environment[variable] ?? "",
    }))
    .toSorted(
      (left, right) => left.segments.length - right.segments.length || (left.variable < right.variable ? -1 : 1),
    );
}

function replaceIn(shape: Shape<unknown>, raw: unknown, override: Override, depth: number): unknown {
  if (depth === override.segments.length) return override.text === "" ? raw : shape.fromText(override.text);
  if (shape.parts.kind === "section") return replaceMember(shape.parts.members, raw, override, depth);
  if (shape.parts.kind === "list") return replaceEntry(shape.parts.item, raw ?? shape.initial, override, depth);
  const known = environmentVariable(override.segments.slice(0, depth));
  throw unknownVariable(override, `did you mean ${known}?`);
}

function replaceMember(
  members: ReadonlyMap<string, Shape<unknown>>,
  raw: unknown,
  override: Override,
  depth: number,
): unknown {
  const key = override.segments[depth] ?? "";
  const member = members.get(key);
  if (member === undefined) throw unknownKey(override, depth, members);
  const given = raw ?? {};
  if (!isMapping(given)) return raw; // Reading it says what is wrong with it.
  const replaced = replaceIn(member, given[key], override, depth + 1);
  return replaced === given[key] ? raw : { ...given, [key]: replaced };
}

function replaceEntry(item: Shape<unknown>, raw: unknown, override: Override, depth: number): unknown {
  if (!Array.isArray(raw)) return raw;
  const entries: readonly unknown[] = raw;
  const segment = override.segments[depth] ?? "";
  const index = /^\d{1,4}$/.test(segment) ? Number(segment) : Number.NaN;
  if (!(index <= entries.length))
    throw unknownVariable(override, `the entries are numbered from 0 to ${entries.length}`);
  const replaced = replaceIn(item, entries[index], override, depth + 1);
  if (replaced === entries[index]) return raw;
  return index === entries.length ? [...entries, replaced] : entries.with(index, replaced);
}

function unknownKey(override: Override, depth: number, members: ReadonlyMap<string, Shape<unknown>>): ConfigError {
  const before = override.segments.slice(0, depth);
  const nearest = nearestName(override.variable, variablesOf(members, before));
  if (nearest !== undefined) return unknownVariable(override, `did you mean ${nearest}?`);
  const known = [...members.keys()].map((key) => environmentVariable([...before, key]));
  return unknownVariable(override, `allowed are ${known.join(", ")}`);
}

/** Every variable there is inside of a section, for hints; entries of lists only by their first. */
function variablesOf(members: ReadonlyMap<string, Shape<unknown>>, before: readonly string[]): string[] {
  return [...members].flatMap(([key, { parts }]) => {
    const segments = [...before, key];
    const item = parts.kind === "list" ? [...segments, "0"] : segments;
    const inner = parts.kind === "list" ? parts.item.parts : parts;
    const within = inner.kind === "section" ? variablesOf(inner.members, item) : [];
    return [environmentVariable(segments), ...within];
  });
}

function unknownVariable(override: Override, what: string): ConfigError {
  return new ConfigError(`${shownName(override.variable)}: unknown variable of the environment: ${what}`);
}
