import { ConfigError } from "../config-error.ts";
import { nearestName } from "./nearest-name.ts";
import type { Place } from "./place.ts";
import { isMapping, type Shape } from "./shape.ts";
import { shownName } from "./shown-value.ts";
import { textValue } from "./text-value.ts";

/** One shape for each member of `T`; the key in the file is the member's name in snake case. */
export type Members<T> = { readonly [Name in keyof T]-?: Shape<T[Name]> };

/** A value of named members. Null (a key whose members are all commented out) means the defaults. */
export function section<T extends object>(about: string, members: Members<T>): Shape<T> {
  const names = Object.keys(members) as (keyof T & string)[];
  const byKey = new Map<string, Shape<unknown>>(names.map((name) => [snakeCase(name), members[name]]));
  const allowed = `a section with ${[...byKey.keys()].join(", ")}`;
  return {
    about,
    allowed,
    initial: {},
    parts: { kind: "section", members: byKey },
    read(raw, place) {
      const given = raw ?? {};
      if (!isMapping(given)) throw place.isRoot ? notAMapping() : place.refusalOfKind(given, allowed);
      refuseUnknownKeys(given, byKey, place);
      const read = names.map((name) => {
        const key = snakeCase(name);
        return [name, readMember(members[name], given[key], place.inside(key))] as const;
      });
      return Object.fromEntries(read) as T;
    },
    fromText: textValue,
  };
}

function readMember<T>(shape: Shape<T>, raw: unknown, place: Place): T {
  return shape.read(raw === undefined ? shape.initial : raw, place);
}

function notAMapping(): ConfigError {
  return new ConfigError("the configuration must consist of keys and values, such as `server_name: example.org`");
}

function refuseUnknownKeys(given: object, known: ReadonlyMap<string, unknown>, place: Place): void {
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown !== undefined) {
    throw new ConfigError(`${place.inside(shownName(unknown)).name}: unknown key: ${hint(unknown, known.keys())}`);
  }
}

/** Tells the name that was probably meant, or else all that there are. */
function hint(unknown: string, known: Iterable<string>): string {
  const names = [...known];
  const nearest = nearestName(unknown, names);
  return nearest === undefined ? `allowed are ${names.join(", ")}` : `did you mean ${nearest}?`;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
