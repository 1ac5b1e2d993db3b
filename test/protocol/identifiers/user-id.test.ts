import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseServerName, type ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import * as userIds from "../../../src/protocol/identifiers/user-id.ts";
import { refuses } from "../refusal.ts";

const server = parseServerName("example.org") as ServerName;

test("user ids of the historical grammar are taken", () => {
  for (const text of ["@alice:example.org", "@:example.org", "@Älïce 😀/@:[::1]:8448", "@a:h:1"]) {
    assert.equal(userIds.parseUserId(text), text);
  }
});

test("anything else is no user id", () => {
  const bad = ["", "@", "@a", "a:b", "@a:", "@a:b c", "@a:b:c", "@a\0:b", "@\ud800:b", "#a:b", 1, null, undefined, {}];
  for (const text of bad) assert.equal(userIds.parseUserId(text), undefined, String(text));
});

test("a user id has at most 255 bytes, not characters", () => {
  assert.ok(userIds.parseUserId(`@${"a".repeat(252)}:b`));
  assert.equal(userIds.parseUserId(`@${"a".repeat(253)}:b`), undefined);
  assert.ok(userIds.parseUserId(`@${"é".repeat(126)}:b`));
  assert.equal(userIds.parseUserId(`@${"é".repeat(127)}:b`), undefined);
});

test("C5: a required user id that cannot be parsed is refused by name", () => {
  assert.equal(userIds.requireUserId("@a:b", "user_id"), "@a:b");
  const refused: [unknown, string][] = [
    ["bob", 'user_id: "bob" is not a valid user ID'],
    [5, "user_id: (number) is not a valid user ID"],
    [undefined, "user_id: (nothing) is not a valid user ID"],
  ];
  for (const [value, message] of refused) {
    refuses(() => userIds.requireUserId(value, "user_id"), "M_INVALID_PARAM", message);
  }
  refuses(() => userIds.requireUserId("\ud800".repeat(9999), "user_id"), "M_INVALID_PARAM", /^.{100,200}$/);
});

test("a new localpart has only lower-case letters, digits and ._=/+-", () => {
  for (const localpart of ["alice", "a.b_c=d-e/f+9", "_bridge_bob"]) assert.ok(userIds.isValidNewLocalpart(localpart));
  for (const localpart of ["", "Alice", "a b", "a:b", "ä", "a\n", "@a"]) {
    assert.equal(userIds.isValidNewLocalpart(localpart), false, localpart);
  }
});

test("a user id comes apart into what it was made of", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (localpart) => {
      fc.pre(!localpart.includes(":") && !localpart.includes("\0"));
      const userId = userIds.makeUserId(localpart, server);
      assert.equal(userIds.localpartOf(userId), localpart);
      assert.equal(userIds.serverNameOf(userId), server);
    }),
  );
});

test("no user id is made of a localpart that does not fit", () => {
  for (const localpart of ["a:b", "a\0", "x".repeat(300), "\udc00"]) {
    refuses(() => userIds.makeUserId(localpart, server), "M_INVALID_USERNAME");
  }
});
