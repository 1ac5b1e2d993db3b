import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceId, requireDeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import { refuses } from "../refusal.ts";

test("a device id is opaque within its bounds", () => {
  for (const text of ["ABCDEFGHIJ", "a b/c:d", "__proto__", "😀", "x".repeat(255), "é".repeat(127)]) {
    assert.equal(parseDeviceId(text), text);
    assert.equal(requireDeviceId(text, "device_id"), text);
  }
});

test("E2: empty, long and unprintable device ids are refused", () => {
  for (const text of [
    "",
    "x".repeat(256),
    "é".repeat(128),
    "a\0",
    "a\n",
    "\u007f",
    "\u0085",
    "\ud800",
    1,
    null,
    undefined,
    ["A"],
  ]) {
    assert.equal(parseDeviceId(text), undefined);
    refuses(() => requireDeviceId(text, "device_id"), "M_INVALID_PARAM", / is not a valid device ID$/);
  }
});
