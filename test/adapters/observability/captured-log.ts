import { createLogger, type Logger, type LoggerOptions } from "../../../src/adapters/observability/logger.ts";
import type { Clock } from "../../../src/domain/kernel/clock.ts";

export interface CapturedLog {
  readonly logger: Logger;
  /** All that was written. */
  text(): string;
  /** The lines of a JSON log. */
  lines(): Record<string, unknown>[];
}

/** A log that is written to memory. */
export async function captureLog(
  clock: Clock,
  { level = "info", format = "json" }: Partial<Pick<LoggerOptions, "level" | "format">> = {},
): Promise<CapturedLog> {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  const logger = await createLogger({ level, format, clock, destination });
  return {
    logger,
    text: () => written.join(""),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
