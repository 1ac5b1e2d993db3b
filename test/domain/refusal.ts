import assert from "node:assert/strict";
import { MatrixError } from "../../src/protocol/matrix-error.ts";

/** The MatrixError that a use case rejects with. */
export async function refusal(work: Promise<unknown>): Promise<MatrixError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MatrixError, `expected a MatrixError, not ${error}`);
  return error;
}
