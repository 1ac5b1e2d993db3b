import assert from "node:assert/strict";
import { test } from "node:test";
import { InProcessIgnoredUsers } from "../../../src/adapters/system/in-process-ignored-users.ts";
import { listIgnoredUsers, recallIgnoredUsers } from "../../../src/domain/account-data/ignored-users.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

const alice = "@alice:example.org" as UserId;
const bob = "@bob:example.org" as UserId;

function listOf(...users: readonly string[]): string {
  return JSON.stringify({ ignored_users: Object.fromEntries(users.map((user) => [user, {}])) });
}

function storesWith(text: string | undefined): Parameters<typeof listIgnoredUsers>[0] {
  const accountData = { findContent: async () => text } as unknown as Parameters<
    typeof listIgnoredUsers
  >[0]["accountData"];
  return { accountData };
}

test("who is ignored is found out once for each text of each user", async () => {
  const memory = new InProcessIgnoredUsers();
  const first = await recallIgnoredUsers(memory, storesWith(listOf(bob, "no user")), alice);
  assert.deepEqual([...first], [bob]);
  assert.deepEqual(first, await listIgnoredUsers(storesWith(listOf(bob, "no user")), alice));
  assert.equal(await recallIgnoredUsers(memory, storesWith(listOf(bob, "no user")), alice), first);
  const ofBob = await recallIgnoredUsers(memory, storesWith(listOf(alice)), bob);
  assert.deepEqual([...ofBob], [alice]);
  assert.deepEqual([...(await recallIgnoredUsers(memory, storesWith(listOf(alice)), alice))], [alice]);
  assert.deepEqual([...(await recallIgnoredUsers(memory, storesWith(undefined), alice))], []);
  assert.equal(await recallIgnoredUsers(memory, storesWith(listOf(alice)), bob), ofBob);
});

test("lists that are too long together push out those that were asked for least", () => {
  const memory = new InProcessIgnoredUsers();
  const text = "x".repeat(1024 * 1024);
  const users = Array.from({ length: 10 }, (_, index) => `@user${index}:example.org` as UserId);
  for (const user of users) memory.keepIgnored(user, text, new Set([alice]));
  const kept = users.filter((user) => memory.findIgnored(user, text));
  assert.deepEqual(kept, users.slice(2));
});
