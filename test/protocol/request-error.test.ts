import assert from "node:assert/strict";
import { test } from "node:test";
import { isHangUp, requestFault } from "../../src/protocol/request-error.ts";

function failed(code: string | undefined, name = "Error"): Error {
  const error = new Error("what was sent: a secret");
  error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}

test("a failed request is told by its code, or by the name of an error that has none, and by nothing else", () => {
  for (const [error, kind, told] of [
    [failed("UND_ERR_CONNECT_TIMEOUT"), "timeout", "it is too slow (UND_ERR_CONNECT_TIMEOUT)"],
    [failed("ETIMEDOUT"), "timeout", "it is too slow (ETIMEDOUT)"],
    [failed("HPE_INVALID_CONSTANT"), "unreadable", "it does not speak HTTP (HPE_INVALID_CONSTANT)"],
    [failed(undefined, "HTTPParserError"), "unreadable", "it does not speak HTTP (HTTPParserError)"],
    [failed("UND_ERR_HEADERS_OVERFLOW"), "unreadable", "it does not speak HTTP (UND_ERR_HEADERS_OVERFLOW)"],
    [failed("ECONNREFUSED"), "unreachable", "it cannot be reached (ECONNREFUSED)"],
    ["what was thrown", "unreachable", "it cannot be reached (unknown)"],
  ] as const) {
    assert.deepEqual(requestFault(error), { kind, error: told });
  }
});

test("a hang-up is told from other failures", () => {
  for (const code of ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]) assert.ok(isHangUp(failed(code)));
  for (const error of [failed("ECONNREFUSED"), failed(undefined), undefined]) assert.ok(!isHangUp(error));
});
