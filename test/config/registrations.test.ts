import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRegistrations } from "../../src/config/registrations/load-registrations.ts";
import { exampleOrg, load, registration, usersOf } from "./registration-files.ts";

test("a registration with only what must be there gets the specification's defaults", async () => {
  const [read] = await load("{ id: a, url: null, as_token: as, hs_token: hs, sender_localpart: _a_bot, namespaces: }");
  assert.deepEqual(read, {
    id: "a",
    url: undefined,
    asToken: "as",
    hsToken: "hs",
    senderLocalpart: "_a_bot",
    namespaces: { users: [], aliases: [], rooms: [] },
    rateLimited: true,
    receivesEphemeral: false,
    encrypts: false,
    managesDevices: false,
    answersClaims: true,
    answersQueries: true,
    protocols: [],
  });
});

test("every member is read; what is not known belongs to the bridge", async () => {
  const [read] = await load(`
id: "IRC bridge"
url: https://bridge.example.org:8090/irc/
as_token: "!~as"
hs_token: hs
sender_localpart: Historical Löcalpart
rate_limited: false
receive_ephemeral: true
org.matrix.msc3202: true
io.element.msc4190: true
org.matrix.msc3983: false
org.matrix.msc3984: false
protocols: [irc, irc]
io.bridge.own: { a: 1 }
namespaces:
  users: [{ exclusive: true, regex: '@irc_.*:example\\.org', group_id: "+irc:example.org" }]
  aliases: [{ exclusive: false, regex: "#irc_.*" }]
  rooms: null
  spaces: 1
`);
  assert.deepEqual(read, {
    id: "IRC bridge",
    url: "https://bridge.example.org:8090/irc",
    asToken: "!~as",
    hsToken: "hs",
    senderLocalpart: "Historical Löcalpart",
    namespaces: {
      users: [{ exclusive: true, regex: "@irc_.*:example\\.org" }],
      aliases: [{ exclusive: false, regex: "#irc_.*" }],
      rooms: [],
    },
    rateLimited: false,
    receivesEphemeral: true,
    encrypts: true,
    managesDevices: true,
    answersClaims: false,
    answersQueries: false,
    protocols: ["irc", "irc"],
  });
});

test("ephemeral data is wanted by the stable name or by the draft's", async () => {
  const both = ["receive_ephemeral", "de.sorunome.msc2409.push_ephemeral"] as const;
  for (const [stable, draft] of [
    [true, undefined],
    [undefined, true],
    [false, true],
    [true, false],
  ]) {
    const [read] = await load(registration("a", { [both[0]]: stable, [both[1]]: draft }));
    assert.equal(read?.receivesEphemeral, true);
  }
  const [neither] = await load(registration("a", { [both[0]]: false, [both[1]]: null }));
  assert.equal(neither?.receivesEphemeral, false);
});

for (const regex of [
  "@irc_.*:example\\.org",
  "^@whatsapp_[0-9]+:example\\.org$",
  "@signal_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:",
  "@telegram_(channel-)?[0-9]+:",
  "@(?:alice|bob|carol)_.*",
  "@(?!bot)[a-z]+_[a-z0-9.-]*:",
  "@\\_slack\\_[A-Z0-9]{1,64}@.*",
  "@\\(x|y\\)*[(|)]*(?<![+*])",
]) {
  test(`the pattern ${regex} is taken`, async () => {
    const [read] = await load(registration("a", usersOf(regex)));
    assert.equal(read?.namespaces.users[0]?.regex, regex);
  });
}

test("registrations keep the order of their files", async () => {
  const read = await load(registration("b"), registration("a"), registration("c"));
  assert.deepEqual(
    read.map(({ id }) => id),
    ["b", "a", "c"],
  );
});

test("without registrations there is nothing to read", async () => {
  assert.deepEqual(await loadRegistrations([], exampleOrg), []);
});
