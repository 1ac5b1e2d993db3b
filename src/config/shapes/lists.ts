import type { Description } from "./leaf.ts";
import type { Place } from "./place.ts";
import { isMapping, type Shape } from "./shape.ts";
import { textValue } from "./text-value.ts";

interface ListDescription extends Description {
  /** What the entries are, in the plural: `paths`. */
  readonly entries: string;
  /** The least number of entries. */
  readonly atLeast?: number;
}

/** A list in which no entry stands twice. Null (a key whose entries are all commented out) means the default. */
export function list<T>(item: Shape<T>, description: ListDescription): Shape<readonly T[]> {
  const atLeast = description.atLeast ?? 0;
  const allowed = `a list of ${atLeast > 0 ? "one or more " : ""}${description.entries}`;
  return {
    ...description,
    allowed,
    parts: { kind: "list", item },
    read(raw, place) {
      const entries = raw === null ? description.initial : raw;
      if (!Array.isArray(entries)) throw place.refusalOfKind(entries, allowed);
      if (entries.length < atLeast) throw place.refusalOfKind(entries, allowed);
      const read = Array.from(entries, (entry: unknown, index) => item.read(entry, place.inside(index)));
      refuseRepeated(read, entries, place);
      return read;
    },
    fromText: (text) => listFromText(text, item),
  };
}

/** `[a, b]` or `a, b`; entries that have parts can only be written as YAML. */
function listFromText(text: string, item: Shape<unknown>): unknown {
  const isYaml = item.parts.kind !== "leaf" || text.trimStart().startsWith("[");
  return isYaml ? textValue(text) : text.split(",").map((entry) => item.fromText(entry.trim()));
}

function refuseRepeated(read: readonly unknown[], raw: readonly unknown[], place: Place): void {
  const index = read.findIndex((entry, at) => !isMapping(entry) && read.indexOf(entry) !== at);
  if (index >= 0) throw place.inside(index).refusal(raw[index], "each entry only once");
}

interface TableDescription<T> extends Description {
  readonly allowed: string;
  readonly parseName: (name: string) => string | undefined;
  readonly parseValue: (value: unknown) => T | undefined;
}

/** Names that the operator chooses, each with a value. The result has no prototype: any name can be looked up. */
export function table<T>(description: TableDescription<T>): Shape<Readonly<Record<string, T>>> {
  return {
    ...description,
    parts: { kind: "leaf" },
    read(raw, place) {
      const entries = raw === null ? description.initial : raw;
      if (!isMapping(entries)) throw place.refusalOfKind(entries, description.allowed);
      const read = Object.create(null) as Record<string, T>;
      for (const [name, given] of Object.entries(entries)) {
        if (description.parseName(name) === undefined) throw place.refusal(name, description.allowed);
        const value = description.parseValue(given);
        if (value === undefined) throw place.inside(name).refusal(given, description.allowed);
        read[name] = value;
      }
      return read;
    },
    fromText: textValue,
  };
}
