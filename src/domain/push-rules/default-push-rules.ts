import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Action, PushRule, Ruleset } from "./ruleset.ts";

const sound = (value: string) => ({ set_tweak: "sound", value });
const highlight = { set_tweak: "highlight" };

const matches = (key: string, pattern: string) => ({ kind: "event_match", key, pattern });
const isType = (type: string) => matches("type", type);
const isStateEvent = (type: string) => [isType(type), matches("state_key", "")];
const isDirect = { kind: "room_member_count", is: "2" };

/**
 * The rules that every user has, in the order of their priority.
 * https://spec.matrix.org/v1.19/client-server-api/#predefined-rules
 */
export function defaultPushRules(userId: UserId): Ruleset {
  return { override: overrideRules(userId), content: [], room: [], sender: [], underride: underrideRules() };
}

function overrideRules(userId: UserId): PushRule[] {
  const mentionsUser = { kind: "event_property_contains", key: "content.m\\.mentions.user_ids", value: userId };
  const mentionsRoom = { kind: "event_property_is", key: "content.m\\.mentions.room", value: true };
  const mayNotifyRoom = { kind: "sender_notification_permission", key: "room" };
  const isEdit = { kind: "event_property_is", key: "content.m\\.relates_to.rel_type", value: "m.replace" };
  const isInvite = [isType("m.room.member"), matches("content.membership", "invite"), matches("state_key", userId)];
  return [
    { ...rule(".m.rule.master", [], []), enabled: false },
    rule(".m.rule.suppress_notices", [matches("content.msgtype", "m.notice")], []),
    rule(".m.rule.invite_for_me", isInvite, ["notify", sound("default")]),
    rule(".m.rule.member_event", [isType("m.room.member")], []),
    rule(".m.rule.is_user_mention", [mentionsUser], ["notify", sound("default"), highlight]),
    rule(".m.rule.is_room_mention", [mentionsRoom, mayNotifyRoom], ["notify", highlight]),
    rule(".m.rule.tombstone", isStateEvent("m.room.tombstone"), ["notify", highlight]),
    rule(".m.rule.reaction", [isType("m.reaction")], []),
    rule(".m.rule.room.server_acl", isStateEvent("m.room.server_acl"), []),
    rule(".m.rule.suppress_edits", [isEdit], []),
  ];
}

function underrideRules(): PushRule[] {
  return [
    rule(".m.rule.call", [isType("m.call.invite")], ["notify", sound("ring")]),
    rule(".m.rule.encrypted_room_one_to_one", [isDirect, isType("m.room.encrypted")], ["notify", sound("default")]),
    rule(".m.rule.room_one_to_one", [isDirect, isType("m.room.message")], ["notify", sound("default")]),
    rule(".m.rule.message", [isType("m.room.message")], ["notify"]),
    rule(".m.rule.encrypted", [isType("m.room.encrypted")], ["notify"]),
  ];
}

function rule(ruleId: string, conditions: JsonObject[], actions: Action[]): PushRule {
  return { rule_id: ruleId, default: true, enabled: true, conditions, actions };
}
