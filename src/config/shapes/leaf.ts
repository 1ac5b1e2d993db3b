import type { Place } from "./place.ts";
import type { Shape } from "./shape.ts";
import { hiddenValue } from "./shown-value.ts";
import { textValue } from "./text-value.ts";

/** What every value says about itself. */
export interface Description {
  readonly about: string;
  readonly initial: unknown;
  readonly unset?: string;
  readonly example?: string;
}

interface LeafOptions<T> extends Description {
  readonly allowed: string;
  /** A secret value is not shown when it is refused. */
  readonly secret?: boolean;
  /** Returns `undefined` for a value that is not allowed. */
  readonly accept: (raw: unknown, place: Place) => T | undefined;
  /** Texts are taken from the environment as they are; everything else is read as YAML. */
  readonly fromText?: (text: string) => unknown;
}

/** A value without parts. */
export function leaf<T>(options: LeafOptions<T>): Shape<T> {
  return {
    about: options.about,
    allowed: options.allowed,
    initial: options.initial,
    unset: options.unset,
    example: options.example,
    parts: { kind: "leaf" },
    read(raw, place) {
      if (raw === undefined) throw place.missing(options.allowed);
      const accepted = options.accept(raw, place);
      if (accepted === undefined) throw place.refusal(options.secret ? hiddenValue : raw, options.allowed);
      return accepted;
    },
    fromText: options.fromText ?? textValue,
  };
}

/** The same value, but it may be left out (or be null): then it is `undefined`. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    ...shape,
    initial: null,
    read: (raw, place) => (raw === null ? undefined : shape.read(raw, place)),
  };
}
