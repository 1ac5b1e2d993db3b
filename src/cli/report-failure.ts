import { ConfigError } from "../config/config-error.ts";
import { InputError } from "./input-error.ts";

/** Writes what went wrong to stderr. Returns the exit code: 2 for a bad configuration, 1 for everything else. */
export async function reportFailure(error: unknown): Promise<number> {
  process.stderr.write(`claviger: ${await describeFailure(error)}\n`);
  return error instanceof ConfigError ? 2 : 1;
}

/** One line for what a person can put right; the stack for a fault of the program. */
async function describeFailure(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return `unexpected failure: ${String(error)}`;
  if (error instanceof ConfigError || error instanceof InputError) return error.message;
  const { StartupError } = await import("../app.ts");
  if (error instanceof StartupError) return error.message;
  return describeSystemError(error) ?? `unexpected failure: ${error.stack ?? error.message}`;
}

const listenFailures: Readonly<Record<string, string>> = {
  EADDRINUSE: "it is in use by another program",
  EACCES: "this user may not listen on it",
  EADDRNOTAVAIL: "this machine does not have that address",
  ENOTFOUND: "this machine does not know that name",
};

/** Failures that the operating system reports, such as a port in use, a full disk, a file without permission. */
function describeSystemError(error: NodeJS.ErrnoException & { address?: string; port?: number }): string | undefined {
  if (error.code === undefined || error.syscall === undefined) return undefined;
  const reason = listenFailures[error.code];
  if (error.port !== undefined && reason !== undefined) {
    return `cannot listen on ${error.address ?? "*"} port ${error.port}: ${reason}`;
  }
  return error.message;
}
