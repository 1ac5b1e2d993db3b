import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { folder, load, registration, usersOf } from "./registration-files.ts";

const [first, second] = [join(folder, "1.yaml"), join(folder, "2.yaml")];

type More = Record<string, unknown>;

/** What is put over a first and a second registration, and the line that they get. */
const clashes: readonly (readonly [what: string, one: More, other: More, line: string])[] = [
  ["the same id", {}, { id: "a" }, `${second}: id: "a" is not allowed: one that ${first} does not have already`],
  [
    "the same as_token",
    {},
    { as_token: "a_as" },
    `${second}: as_token: (hidden) is not allowed: one that is not the as_token of ${first}`,
  ],
  [
    "an as_token that is the other's hs_token",
    {},
    { as_token: "a_hs" },
    `${second}: as_token: (hidden) is not allowed: one that is not the hs_token of ${first}`,
  ],
  [
    "an hs_token that is the other's as_token",
    {},
    { hs_token: "a_as" },
    `${second}: hs_token: (hidden) is not allowed: one that is not the as_token of ${first}`,
  ],
  [
    "the same sender",
    {},
    { sender_localpart: "abot" },
    `${second}: sender_localpart: "abot" is not allowed: one that ${first} does not have already`,
  ],
  [
    "a sender in the first's exclusive namespace",
    usersOf("@a_.*", "@b"),
    {},
    `${second}: sender_localpart: "bbot" is not allowed: one outside of the exclusive namespaces.users[1] of ${first}, in which @bbot:example.org lies`,
  ],
  [
    "the first's sender in the second's exclusive namespace",
    {},
    usersOf("^@a.*:example\\.org$"),
    `${first}: sender_localpart: "abot" is not allowed: one outside of the exclusive namespaces.users[0] of ${second}, in which @abot:example.org lies`,
  ],
  [
    "exclusive namespaces of users that overlap",
    usersOf("@a_.*:example\\.org", "@bridge_a.*"),
    usersOf("@b_.*:example\\.org", "@(?:x|bridge)_[a-z]:example\\.org"),
    `${second}: namespaces.users[1].regex: "@(?:x|bridge)_[a-z]:example\\\\.org" is not allowed: one that does not overlap with namespaces.users[1] of ${first}, both exclusive (for example @bridge_a:example.org)`,
  ],
  [
    "exclusive namespaces of aliases that overlap",
    { namespaces: { aliases: [{ exclusive: true, regex: "#x.*y:" }] } },
    { namespaces: { aliases: [{ exclusive: true, regex: "#xy" }] } },
    `${second}: namespaces.aliases[0].regex: "#xy" is not allowed: one that does not overlap with namespaces.aliases[0] of ${first}, both exclusive (for example #xy:example.org)`,
  ],
  [
    "the same pattern, too difficult to compare",
    usersOf("@(?!bot)c_.*"),
    usersOf("@(?!bot)c_.*"),
    `${second}: namespaces.users[0].regex: "@(?!bot)c_.*" is not allowed: one that does not overlap with namespaces.users[0] of ${first}, both exclusive`,
  ],
];

for (const [what, one, other, line] of clashes) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(load(registration("a", one), registration("b", other)), new ConfigError(line));
  });
}

function namespacesOf(exclusive: boolean, kind: string, regex: string): More {
  return { namespaces: { [kind]: [{ exclusive, regex }] } };
}

const together: readonly (readonly [what: string, one: More, other: More])[] = [
  ["exclusive namespaces that differ", usersOf("@irc_.*:example\\.org"), usersOf("@ircd_.*:example\\.org")],
  ["namespaces that have only other servers' ids in common", usersOf("@x_.*:other\\.org"), usersOf("@x_.*")],
  ["one that is not exclusive", namespacesOf(false, "users", "@.*"), usersOf("@x_.*")],
  ["a sender in a namespace that is not exclusive", {}, namespacesOf(false, "users", "@.*")],
  ["users and aliases", namespacesOf(true, "users", ".x"), namespacesOf(true, "aliases", ".x")],
  ["rooms", namespacesOf(true, "rooms", "!x"), namespacesOf(true, "rooms", "!x")],
  ["the sender in its own exclusive namespace", usersOf("@abot:", "@a_.*"), usersOf("@bbot:example\\.org")],
  ["patterns too difficult to compare", usersOf("@(?!bot)c_.*"), usersOf("@(?!bot)c_x.*")],
  ["patterns too large to compare", usersOf("@a{5000}.{5000}.*b"), usersOf("@a{5000}.{5000}.*c")],
];

for (const [what, one, other] of together) {
  test(`takes ${what}`, async () => {
    assert.equal((await load(registration("a", one), registration("b", other))).length, 2);
  });
}

test("of many registrations the two that clash are named", async () => {
  const many = Array.from({ length: 40 }, (_, n) => registration(`r${n}`, usersOf(`@r${n}_.*:example\\.org`)));
  assert.equal((await load(...many)).length, 40);
  const line = `${join(folder, "41.yaml")}: namespaces.users[0].regex: "@r7_x" is not allowed: one that does not overlap with namespaces.users[0] of ${join(folder, "8.yaml")}, both exclusive (for example @r7_x:example.org)`;
  await assert.rejects(load(...many, registration("last", usersOf("@r7_x"))), new ConfigError(line));
});
