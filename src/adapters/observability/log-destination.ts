import { pino } from "pino";

/** Takes whole lines, each with its line break. */
export interface LogDestination {
  write(line: string): void;
}

/** Bytes that wait for room on a full disk; what comes beyond is dropped. */
const mostWaiting = 4 * 1024 * 1024;

/** Standard output. A full disk under it or a reader that is gone does not end the server. */
export function standardOutput(): LogDestination {
  // Synchronous, so that a crash loses no line and an exit never waits: in the background, what a full disk holds up
  // would keep the process from ending. Ordinary requests are below the default level, so lines are few.
  const stream = pino.destination({ dest: 1, sync: true, maxLength: mostWaiting });
  stream.on("error", () => {});
  return stream;
}

/** `destination` with each line made readable for people. */
export async function prettyPrinted(destination: LogDestination): Promise<LogDestination> {
  const { prettyFactory } = await import("pino-pretty");
  const pretty = prettyFactory({
    colorize: process.stdout.isTTY === true,
    singleLine: true,
    translateTime: "UTC:yyyy-mm-dd'T'HH:MM:ss.l'Z'",
    errorLikeObjectKeys: ["error"],
  });
  return { write: (line) => destination.write(pretty(line)) };
}
