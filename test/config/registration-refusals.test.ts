import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadRegistrations } from "../../src/config/registrations/load-registrations.ts";
import { exampleOrg, folder, load, registration, usersOf } from "./registration-files.ts";

const path = join(folder, "1.yaml");
const id = "a text of 1 to 255 characters without control characters";
const url = "an http or https URL without user, query or fragment, or null for no traffic";
const token = "a text (quoted where it is a number) of 1 to 1000 printable ASCII characters without spaces";
const localpart = "the part of a user id between @ and :, such as ircbot";
const flag = "true or false";
const namespaces = "a section with users, aliases, rooms";
const list = "a list of namespaces, each with exclusive and regex";
const pattern = "a regular expression of JavaScript (without [:classes:], \\A and \\Z, which it does not know)";
const quick =
  "a pattern that never takes long: at most two repetitions such as .*, without repetitions or alternatives in them";

/** What is put over a registration that is taken, and the line that it gets. */
const refused: readonly (readonly [more: Record<string, unknown>, line: string])[] = [
  [{ id: undefined }, `id is missing: ${id}`],
  [{ id: 7 }, `id: 7 is not allowed: ${id}`],
  [{ id: "" }, `id: "" is not allowed: ${id}`],
  [{ id: "a\tb" }, `id: "a\\u{9}b" is not allowed: ${id}`],
  [{ id: "x".repeat(256) }, `id: "${"x".repeat(80)}…" is not allowed: ${id}`],
  [{ url: undefined }, `url is missing: ${url}`],
  [{ url: "" }, `url: "" is not allowed: ${url}`],
  [{ url: "bridge:9000" }, `url: "bridge:9000" is not allowed: ${url}`],
  [{ url: "http://user:sesame@bridge" }, `url: "http://***@bridge" is not allowed: ${url}`],
  [{ url: "http://bridge/?a" }, `url: "http://bridge/?a" is not allowed: ${url}`],
  [{ url: "http://bridge/#a" }, `url: "http://bridge/#a" is not allowed: ${url}`],
  [{ url: false }, `url: false is not allowed: ${url}`],
  [{ as_token: undefined }, `as_token is missing: ${token}`],
  [{ as_token: 123456 }, `as_token: (hidden) is not allowed: ${token}`],
  [{ as_token: "open sesame" }, `as_token: (hidden) is not allowed: ${token}`],
  [{ as_token: "" }, `as_token: (hidden) is not allowed: ${token}`],
  [{ hs_token: "sesamö" }, `hs_token: (hidden) is not allowed: ${token}`],
  [{ hs_token: "x".repeat(1001) }, `hs_token: (hidden) is not allowed: ${token}`],
  [{ sender_localpart: undefined }, `sender_localpart is missing: ${localpart}`],
  [{ sender_localpart: "" }, `sender_localpart: "" is not allowed: ${localpart}`],
  [{ sender_localpart: "@bot:example.org" }, `sender_localpart: "@bot:example.org" is not allowed: ${localpart}`],
  [{ sender_localpart: "ö".repeat(122) }, `sender_localpart: "${"ö".repeat(80)}…" is not allowed: ${localpart}`],
  [{ rate_limited: "yes" }, `rate_limited: "yes" is not allowed: ${flag}`],
  [{ receive_ephemeral: 1 }, `receive_ephemeral: 1 is not allowed: ${flag}`],
  [
    { "de.sorunome.msc2409.push_ephemeral": [] },
    `de.sorunome.msc2409.push_ephemeral: an empty list is not allowed: ${flag}`,
  ],
  [{ "org.matrix.msc3202": "true" }, `org.matrix.msc3202: "true" is not allowed: ${flag}`],
  [{ "io.element.msc4190": {} }, `io.element.msc4190: a section is not allowed: ${flag}`],
  [{ "org.matrix.msc3983": 0 }, `org.matrix.msc3983: 0 is not allowed: ${flag}`],
  [{ "org.matrix.msc3984": "no" }, `org.matrix.msc3984: "no" is not allowed: ${flag}`],
  [{ protocols: "irc" }, "protocols: a text is not allowed here: a list of names"],
  [{ protocols: ["irc", 7] }, "protocols[1]: 7 is not allowed: a name"],
  [{ namespaces: undefined }, `namespaces is missing: ${namespaces}`],
  [{ namespaces: [] }, `namespaces: an empty list is not allowed here: ${namespaces}`],
  [{ namespaces: { users: "@a" } }, `namespaces.users: a text is not allowed here: ${list}`],
  [
    { namespaces: { rooms: ["!a"] } },
    "namespaces.rooms[0]: a text is not allowed here: a namespace with exclusive and regex",
  ],
  [{ namespaces: { users: [{ regex: "@a" }] } }, `namespaces.users[0].exclusive is missing: ${flag}`],
  [
    { namespaces: { users: [{ exclusive: 1, regex: "@a" }] } },
    `namespaces.users[0].exclusive: 1 is not allowed: ${flag}`,
  ],
  [{ namespaces: { aliases: [{ exclusive: true }] } }, `namespaces.aliases[0].regex is missing: ${pattern}`],
  [
    { namespaces: { aliases: [{ exclusive: true, regex: 1 }] } },
    `namespaces.aliases[0].regex: 1 is not allowed: ${pattern}`,
  ],
];

for (const [more, line] of refused) {
  test(`refuses ${JSON.stringify(more)} with one line that names the file, the key, the value and what is allowed`, async () => {
    await assert.rejects(load(registration("a", more)), new ConfigError(`${path}: ${line}`));
  });
}

for (const regex of ["@irc_(", "@a)|(?:@b", "(?i)@irc", "@irc_[[:digit:]]", "\\A@irc"]) {
  test(`${regex} is no pattern`, async () => {
    const shown = JSON.stringify(regex);
    const line = `${path}: namespaces.users[1].regex: ${shown} is not allowed: ${pattern}`;
    await assert.rejects(load(registration("a", usersOf("@a_.*", regex))), new ConfigError(line));
  });
}

for (const regex of [
  "@(a+)+:",
  "@([a-z]+_)*x:",
  "@(a|aa)+:",
  "@((?:x|[a-z])_?)*:",
  "@((ab|c)d){2,}:",
  "@(.*a){12}:",
  "@.*_.*_.*_.*x:",
  `@${"_?".repeat(25)}x:`,
  "@(?<!(a|aa)+)x",
]) {
  for (const kind of ["users", "aliases", "rooms"]) {
    test(`E2: the pattern ${regex} of ${kind} could take long`, async () => {
      const given = registration("a", { namespaces: { [kind]: [{ exclusive: false, regex }] } });
      const line = `${path}: namespaces.${kind}[0].regex: "${regex}" is not allowed: ${quick}`;
      await assert.rejects(load(given), new ConfigError(line));
    });
  }
}

for (const [text, what] of [
  ["- a\n", "a list is not a registration: keys and values, such as `id: irc`"],
  ["sesame\n", "a text is not a registration: keys and values, such as `id: irc`"],
  ["", "null is not a registration: keys and values, such as `id: irc`"],
  ["id: a\nas_token: @sesame\n", "line 2: this text must be in quotes"],
  ["id: a\nid: b\n", "line 2: this key stands twice"],
] as const) {
  test(`refuses a file that is ${JSON.stringify(text)}, and shows nothing of it`, async () => {
    await assert.rejects(load(text), new ConfigError(`${path}: ${what}`));
  });
}

test("a registration that cannot be read is one line", async () => {
  const read = loadRegistrations(["/nowhere/irc.yaml"], exampleOrg);
  const reason = "there is no such file (`claviger generate-registration` prints one)";
  await assert.rejects(read, new ConfigError(`/nowhere/irc.yaml cannot be read: ${reason}`));
  const ofFolder = new ConfigError(`${folder} cannot be read: it is a folder`);
  await assert.rejects(loadRegistrations([folder], exampleOrg), ofFolder);
});

test("E3: no refusal shows a token", async () => {
  const secrets = { as_token: "sesame as", hs_token: "sesame hs" };
  await assert.rejects(load(registration("a", secrets)), (error: Error) => {
    assert.ok(error instanceof ConfigError);
    assert.doesNotMatch(error.stack ?? "", /sesame/);
    assert.equal(error.cause, undefined);
    return true;
  });
});
