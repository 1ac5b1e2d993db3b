import { pino } from "pino";
import type { Clock } from "../../domain/kernel/clock.ts";
import { type LogDestination, prettyPrinted, standardOutput } from "./log-destination.ts";
import { type LogFields, safeFields } from "./log-fields.ts";
import { hideSecrets } from "./secret-text.ts";

type LogLine = (message: string, fields?: LogFields) => void;

/** Messages are fixed texts; what varies is a field. Secrets in fields are hidden (rule E3). */
export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

export interface LoggerOptions {
  /** The least that is written. */
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly format: "json" | "pretty";
  readonly clock: Clock;
  /** Standard output where it is left out. */
  readonly destination?: LogDestination;
}

/** The server's log: one line per event, as JSON or for people. */
export async function createLogger({ level, format, clock, destination }: LoggerOptions): Promise<Logger> {
  const plain = destination ?? standardOutput();
  const lines = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === "pretty" ? await prettyPrinted(plain) : plain,
  );
  const lineOf = (at: keyof Logger): LogLine => {
    if (!lines.isLevelEnabled(at)) return () => {};
    return (message, fields = {}) => lines[at](safeFields(fields), hideSecrets(message));
  };
  return { debug: lineOf("debug"), info: lineOf("info"), warn: lineOf("warn"), error: lineOf("error") };
}
