import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePushRules } from "../../../src/domain/push-rules/compile-push-rules.ts";
import { defaultPushRules } from "../../../src/domain/push-rules/default-push-rules.ts";
import { evaluatePushRules } from "../../../src/domain/push-rules/evaluate-push-rules.ts";
import type { PushContext, PushEvent } from "../../../src/domain/push-rules/push-event.ts";
import type { PushRule, Ruleset } from "../../../src/domain/push-rules/ruleset.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";

const alice = "@alice:example.org" as UserId;
const room = "!room:example.org";
const none: Ruleset = { override: [], content: [], room: [], sender: [], underride: [] };
const defaults = defaultPushRules(alice);

const loud = { notify: true, highlight: true };
const quiet = { notify: true, highlight: false };
const silent = { notify: false, highlight: false };

type Happening = Partial<Omit<PushEvent, "content"> & PushContext> & { content?: JsonObject };

function outcome(rules: Ruleset, { content = {}, ...happening }: Happening) {
  const event = { type: "m.room.message", sender: "@bob:example.org", roomId: room, stateKey: undefined };
  const context = { userId: alice, displayName: "Alice", joinedMembers: 3, senderMayNotify: () => false };
  return evaluatePushRules(
    compilePushRules(rules),
    { ...event, ...happening, content: () => content },
    { ...context, ...happening },
  );
}

function rule(rule_id: string, more: Partial<PushRule> = {}): PushRule {
  return { rule_id, default: false, enabled: true, actions: ["notify"], ...more };
}

/** Whether a rule with this one condition matches. */
function holds(condition: JsonObject, happening: Happening): boolean {
  return outcome({ ...none, underride: [rule("x", { conditions: [condition] })] }, happening).notify;
}

test("messages notify, notices and edits and reactions do not, mentions are highlighted", () => {
  const mention = { "m.mentions": { user_ids: ["@carol:example.org", alice] } };
  const roomMention = { "m.mentions": { room: true } };
  const cases: [Happening, object][] = [
    [{ content: { msgtype: "m.text", body: "hello" } }, quiet],
    [{ type: "m.room.encrypted" }, quiet],
    [{ type: "m.room.encrypted", joinedMembers: 2 }, quiet],
    [{ content: { msgtype: "m.notice", body: "hello" } }, silent],
    [{ content: { "m.relates_to": { rel_type: "m.replace" } } }, silent],
    [{ type: "m.reaction" }, silent],
    [{ type: "org.example.unknown" }, silent],
    [{ content: mention }, loud],
    [{ content: roomMention }, quiet],
    [{ content: roomMention, senderMayNotify: (key) => key === "room" }, loud],
    [{ content: { body: "Alice, alice and @alice:example.org" } }, quiet],
    [{ type: "m.room.member", stateKey: alice, content: { membership: "invite" } }, quiet],
    [{ type: "m.room.member", stateKey: "@bob:example.org", content: { membership: "join" } }, silent],
    [{ type: "m.room.tombstone", stateKey: "" }, loud],
    [{ type: "m.room.tombstone" }, silent],
    [{ type: "m.room.server_acl", stateKey: "" }, silent],
  ];
  for (const [happening, expected] of cases) {
    assert.deepEqual(outcome(defaults, happening), expected, JSON.stringify(happening));
  }
});

test("one's own events never notify, whatever the rules say", () => {
  assert.deepEqual(outcome({ ...none, override: [rule("all", { conditions: [] })] }, { sender: alice }), silent);
});

test("the first kind with a matching rule decides, and in a kind the first rule", () => {
  const happening = { content: { body: "cake" } };
  const off = { actions: [] };
  const rules: Ruleset = {
    override: [rule("o", { conditions: [] })],
    content: [rule("c", { pattern: "cake", ...off })],
    room: [rule(room)],
    sender: [rule("@bob:example.org", off)],
    underride: [rule("u", { conditions: [] }), rule("later", { conditions: [], ...off })],
  };
  assert.deepEqual(outcome(rules, happening), quiet);
  assert.deepEqual(outcome({ ...rules, override: [] }, happening), silent);
  assert.deepEqual(outcome({ ...rules, override: [], content: [] }, happening), quiet);
  assert.deepEqual(outcome({ ...rules, override: [], content: [], room: [] }, happening), silent);
  assert.deepEqual(outcome({ ...none, underride: rules.underride }, happening), quiet);
  assert.deepEqual(outcome(none, happening), silent);
});

test("disabled rules never match", () => {
  const off = { enabled: false };
  const rules: Ruleset = {
    override: [rule("o", { conditions: [], ...off })],
    content: [rule("c", { pattern: "*", ...off })],
    room: [rule(room, off)],
    sender: [rule("@bob:example.org", off)],
    underride: [rule("u", { conditions: [], ...off })],
  };
  assert.deepEqual(outcome(rules, { content: { body: "cake" } }), silent);
});

test("the master switch silences everything", () => {
  const override = defaults.override.map((each) => ({ ...each, enabled: true }));
  const content = { "m.mentions": { user_ids: [alice] } };
  assert.deepEqual(outcome({ ...defaults, override }, { content }), silent);
});

test("a highlight is one unless its value is false, and only of what notifies", () => {
  const outcomes = [
    ["notify", { set_tweak: "highlight" }],
    ["notify", { set_tweak: "highlight", value: true }],
    ["notify", { set_tweak: "highlight", value: false }],
    ["notify", { set_tweak: "sound", value: "default" }],
    [{ set_tweak: "highlight" }],
    ["dont_notify"],
  ].map((actions) => outcome({ ...none, room: [rule(room, { actions })] }, {}));
  assert.deepEqual(outcomes, [loud, loud, quiet, quiet, silent, silent]);
});

test("event_match looks at text under a dotted path", () => {
  const match = (key: string, pattern = "*") => ({ kind: "event_match", key, pattern });
  const content = { "a.b": "x", a: { b: "y" }, "c\\d": "z", body: "some cake", n: 1, list: ["x"], deep: null };
  const happening = { content };
  const cases: [JsonObject, boolean][] = [
    [match("content.a\\.b", "x"), true],
    [match("content.a.b", "x"), false],
    [match("content.a.b", "Y"), true],
    [match("content.c\\\\d", "z"), true],
    [match("content.c\\d", "z"), true],
    [match("content.n"), false],
    [match("content.list.0"), false],
    [match("content.deep.x"), false],
    [match("content.constructor.name"), false],
    [match("content"), false],
    [match("content.body", "cake"), true],
    [match("content.body", "ake"), false],
    [match("type", "m.room.*"), true],
    [match("sender", "@bob:*"), true],
    [match("room_id", room), true],
    [match("state_key"), false],
    [match("event_id"), false],
    [{ kind: "event_match", key: "type" }, false],
    [{ kind: "event_match", pattern: "*" }, false],
  ];
  for (const [condition, expected] of cases) {
    assert.equal(holds(condition, happening), expected, JSON.stringify(condition));
  }
  assert.equal(holds(match("state_key", ""), { stateKey: "" }), true);
});

test("event_property_is and event_property_contains compare exactly", () => {
  const content = { yes: true, text: "true", one: 1, nothing: null, half: 0.5, list: ["a", 1, null, { b: 1 }] };
  const is = (key: string, value: JsonObject["value"]) => ({ kind: "event_property_is", key: `content.${key}`, value });
  const has = (key: string, value: JsonObject["value"]) => ({ ...is(key, value), kind: "event_property_contains" });
  const cases: [JsonObject, boolean][] = [
    [is("yes", true), true],
    [is("yes", "true"), false],
    [is("text", true), false],
    [is("one", 1), true],
    [is("nothing", null), true],
    [is("absent", null), false],
    [is("half", 0.5), false],
    [is("list", "a"), false],
    [has("list", "a"), true],
    [has("list", 1), true],
    [has("list", null), true],
    [has("list", "A"), false],
    [has("list", { b: 1 }), false],
    [has("text", "true"), false],
    [has("absent", null), false],
  ];
  for (const [condition, expected] of cases) {
    assert.equal(holds(condition, { content }), expected, JSON.stringify(condition));
  }
});

test("contains_display_name looks for the user's name in the room, as a word", () => {
  const condition = { kind: "contains_display_name" };
  const content = { body: "hello ALICE?" };
  assert.equal(holds(condition, { content }), true);
  assert.equal(holds(condition, { content, displayName: "lice" }), false);
  assert.equal(holds(condition, { content, displayName: "*" }), false);
  assert.equal(holds(condition, { content, displayName: "" }), false);
  assert.equal(holds(condition, { content, displayName: undefined }), false);
  assert.equal(holds(condition, { content: { body: 5 } }), false);
});

test("room_member_count compares with the joined members", () => {
  const cases: [JsonObject["is"], boolean][] = [
    ...([
      ["3", true],
      ["==3", true],
      ["2", false],
      ["<4", true],
      ["<3", false],
      [">2", true],
    ] as [string, boolean][]),
    ...([
      [">3", false],
      ["<=3", true],
      [">=4", false],
      ["=3", false],
      ["3.0", false],
      ["", false],
    ] as [string, boolean][]),
    [3, false],
  ];
  for (const [is, expected] of cases) {
    assert.equal(holds({ kind: "room_member_count", is: is ?? null }, {}), expected, String(is));
  }
});

test("conditions of kinds that are not known never match", () => {
  for (const kind of ["org.example.new", "constructor", 5, null]) assert.equal(holds({ kind }, {}), false);
  assert.equal(holds({}, {}), false);
});

test("a content is not parsed for rules that do not look into it", () => {
  const rules = compilePushRules({ ...none, room: [rule(room)], sender: [rule("@bob:example.org")] });
  const content = () => assert.fail("the content was parsed");
  const event = { type: "m.room.message", sender: "@bob:example.org", roomId: room, stateKey: undefined, content };
  const context = { userId: alice, displayName: undefined, joinedMembers: 2, senderMayNotify: () => false };
  assert.deepEqual(evaluatePushRules(rules, event, context), quiet);
});
