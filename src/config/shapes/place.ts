import { ConfigError } from "../config-error.ts";
import { shownKind, shownValue } from "./shown-value.ts";

/** What is the same for the whole configuration that is being read. */
export interface Reading {
  /** Absolute; relative paths of the configuration start here. */
  readonly folder: string;
  /** Names of the environment variables that replaced something. */
  readonly variables: ReadonlySet<string>;
}

/** Where in the configuration a value stands: `keys.max_one_time_keys`, `listeners[0].port`. */
export class Place {
  readonly reading: Reading;
  readonly #segments: readonly string[];

  constructor(reading: Reading, segments: readonly string[] = []) {
    this.reading = reading;
    this.#segments = segments;
  }

  /** The place of a key, or of the entry of a list (its index). */
  inside(segment: string | number): Place {
    return new Place(this.reading, [...this.#segments, String(segment)]);
  }

  get isRoot(): boolean {
    return this.#segments.length === 0;
  }

  get key(): string {
    const steps = this.#segments.map((segment) => (/^\d+$/.test(segment) ? `[${segment}]` : `.${segment}`));
    return steps.join("").replace(/^\./, "");
  }

  /** The key, and the environment variable if the value comes from one. */
  get name(): string {
    const lengths = this.#segments.map((_, index) => index + 1);
    const variable = lengths
      .map((length) => environmentVariable(this.#segments.slice(0, length)))
      .findLast((candidate) => this.reading.variables.has(candidate));
    return variable === undefined ? this.key : `${this.key} (from ${variable})`;
  }

  /** The error for a value of the right kind or of a wrong one, which is shown. */
  refusal(value: unknown, allowed: string): ConfigError {
    return new ConfigError(`${this.name}: ${shownValue(value)} is not allowed: ${allowed}`);
  }

  /** The error for a value in whose place a section or a list belongs; only its kind is shown. */
  refusalOfKind(value: unknown, allowed: string): ConfigError {
    return new ConfigError(`${this.name}: ${shownKind(value)} is not allowed here: ${allowed}`);
  }

  missing(allowed: string): ConfigError {
    return new ConfigError(`${this.name} is missing: ${allowed}`);
  }
}

/** `["keys", "max_one_time_keys"]` -> `CLAVIGER_KEYS__MAX_ONE_TIME_KEYS` */
export function environmentVariable(segments: readonly string[]): string {
  return `CLAVIGER_${segments.join("__").toUpperCase()}`;
}
