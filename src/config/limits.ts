import { decimalNumber, flag, wholeNumber } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

/** A token bucket for each caller. */
export interface RateConfig {
  readonly perSecond: number;
  /** Requests at once. */
  readonly burst: number;
}

export interface RatesConfig {
  readonly login: RateConfig;
  readonly register: RateConfig;
  readonly keys: RateConfig;
  readonly claims: RateConfig;
  readonly messages: RateConfig;
  readonly sync: RateConfig;
  readonly federation: RateConfig;
  readonly other: RateConfig;
}

export interface LimitsConfig {
  /** Says nothing about `maxBodyBytes`, which always holds. */
  readonly enabled: boolean;
  readonly maxBodyBytes: number;
  readonly rates: RatesConfig;
}

function rate(what: string, perSecond: number, burst: number): Shape<RateConfig> {
  return {
    ...section(`${what}.`, {
      perSecond: decimalNumber(
        { from: 0.001, to: 100_000 },
        { about: `${what}: requests a second of one caller in the long run.`, initial: perSecond },
      ),
      burst: wholeNumber(
        { from: 1, to: 100_000 },
        { about: `${what}: requests of one caller at once.`, initial: burst },
      ),
    }),
    initial: { per_second: perSecond, burst },
  };
}

const ratesShape: Shape<RatesConfig> = section(
  "Requests of one caller (a user; an address before login; another server): per_second in the long run, burst at once.",
  {
    login: rate("Logins", 0.5, 10),
    register: rate("New accounts", 0.2, 10),
    keys: rate("Uploads and queries of keys", 20, 100),
    claims: rate("Claims of one-time keys", 20, 100),
    messages: rate("To-device messages", 50, 200),
    sync: rate("Sync", 20, 50),
    federation: rate("Requests of another server", 100, 500),
    other: rate("Everything else", 20, 100),
  },
);

export const limitsShape: Shape<LimitsConfig> = section("Limits of requests.", {
  enabled: flag({ about: "False switches the rates off, but not max_body_bytes.", initial: true }),
  maxBodyBytes: wholeNumber(
    { from: 65_536, to: 104_857_600 },
    { about: "The largest body of a request, in bytes.", initial: 1_048_576 },
  ),
  rates: ratesShape,
});
