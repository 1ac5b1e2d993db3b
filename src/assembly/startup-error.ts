import { DatabaseOpenError } from "../adapters/sql/database-open-error.ts";
import { SigningKeyFileError } from "../adapters/system/signing-key-file.ts";
import { SigningKeyRefusedError } from "../domain/federation-out/own-keys.ts";

/** What a person can put right, in one line: shown without a stack. */
export class StartupError extends Error {}

const operatorsErrors = [DatabaseOpenError, SigningKeyFileError, SigningKeyRefusedError];

/** Turns what an operator can put right into a `StartupError`. */
export async function startable<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (operatorsErrors.some((kind) => error instanceof kind)) {
      throw new StartupError((error as Error).message, { cause: error });
    }
    throw error;
  }
}
