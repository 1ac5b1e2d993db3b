import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultPushRules } from "../../../src/domain/push-rules/default-push-rules.ts";
import type { RuleKind } from "../../../src/domain/push-rules/ruleset.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

const rules = defaultPushRules("@alice:example.org" as UserId);

function ids(kind: RuleKind): string[] {
  return rules[kind].map(({ rule_id }) => rule_id.replace(".m.rule.", ""));
}

test("the predefined rules stand in the order of the specification", () => {
  assert.deepEqual(ids("override"), [
    ...["master", "suppress_notices", "invite_for_me", "member_event", "is_user_mention", "is_room_mention"],
    ...["tombstone", "reaction", "room.server_acl", "suppress_edits"],
  ]);
  const underride = ["call", "encrypted_room_one_to_one", "room_one_to_one", "message", "encrypted"];
  assert.deepEqual(ids("underride"), underride);
  assert.deepEqual([rules.content, rules.room, rules.sender], [[], [], []]);
});

test("the user stands in the rules that look for it, and the master switch is off", () => {
  const [master, , invite] = rules.override;
  assert.equal(master?.enabled, false);
  assert.deepEqual(invite?.conditions?.[2], { kind: "event_match", key: "state_key", pattern: "@alice:example.org" });
});
