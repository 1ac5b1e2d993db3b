import assert from "node:assert/strict";
import type { Errcode } from "../../src/protocol/errcodes.ts";
import { MatrixError } from "../../src/protocol/matrix-error.ts";

/** Asserts that `run` throws a MatrixError with the code and, where given, exactly the message. */
export function refuses(run: () => unknown, errcode: Errcode, message?: string | RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof MatrixError, String(error));
    assert.equal(error.errcode, errcode);
    if (typeof message === "string") assert.equal(error.message, message);
    if (message instanceof RegExp) assert.match(error.message, message);
    return true;
  });
}
