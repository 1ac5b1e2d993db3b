import assert from "node:assert/strict";
import { test } from "node:test";
import { MatrixError } from "../../src/protocol/matrix-error.ts";

test("an error keeps what the client sees apart from what the log sees", () => {
  const cause = new Error("disk");
  const error = new MatrixError("M_LIMIT_EXCEEDED", "Too many requests", {
    fields: { retry_after_ms: 5 },
    detail: "bucket login",
    cause,
  });
  assert.equal(error.message, "Too many requests");
  assert.deepEqual(error.fields, { retry_after_ms: 5 });
  assert.equal(error.detail, "bucket login");
  assert.equal(error.cause, cause);
  assert.equal(error.name, "MatrixError");
});

test("an error without options has no fields, no detail and no cause", () => {
  const error = new MatrixError("M_UNKNOWN", "No");
  assert.deepEqual(error.fields, {});
  assert.equal(error.detail, undefined);
  assert.equal(Object.hasOwn(error, "cause"), false);
});
