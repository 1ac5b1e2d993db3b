import { DatabaseOpenError } from "../adapters/sql/database-open-error.ts";
import { SigningKeyFileError } from "../adapters/system/signing-key-file.ts";

/** What a person can put right, in one line: shown without a stack. */
export class StartupError extends Error {}

/** Turns what an operator can put right into a `StartupError`. */
export async function startable<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof DatabaseOpenError || error instanceof SigningKeyFileError) {
      throw new StartupError(error.message, { cause: error });
    }
    throw error;
  }
}
