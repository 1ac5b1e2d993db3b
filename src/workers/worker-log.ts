type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Where workers tell what became of their work. */
export interface WorkerLog {
  readonly debug: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
