import { isJsonObject, type JsonObject } from "../json-value.ts";
import type { Pdu } from "./pdu.ts";
import type { RoomVersion } from "./room-version.ts";

type Redaction = RoomVersion["redaction"];

const keptSince11 = [
  ...["event_id", "type", "room_id", "sender", "state_key", "content", "hashes", "signatures", "depth"],
  ...["prev_events", "auth_events", "origin_server_ts"],
];

const keptMembers: Readonly<Record<Redaction, readonly string[]>> = {
  10: [...keptSince11, "prev_state", "origin", "membership"],
  11: keptSince11,
};

const keptInBoth: [type: string, members: string[]][] = [
  ["m.room.member", ["membership", "join_authorised_via_users_server"]],
  ["m.room.join_rules", ["join_rule", "allow"]],
  ["m.room.history_visibility", ["history_visibility"]],
];

const keptLevels = ["ban", "events", "events_default", "kick", "redact", "state_default", "users", "users_default"];

/** Which members of the content survive, by event type; of other types none does. */
const keptContent: Readonly<Record<Redaction, ReadonlyMap<string, readonly string[]>>> = {
  10: new Map([...keptInBoth, ["m.room.create", ["creator"]], ["m.room.power_levels", keptLevels]]),
  11: new Map([...keptInBoth, ["m.room.power_levels", [...keptLevels, "invite"]], ["m.room.redaction", ["redacts"]]]),
};

/**
 * What a redaction leaves of an event: a copy.
 * https://spec.matrix.org/v1.19/rooms/v10/#redactions and https://spec.matrix.org/v1.19/rooms/v11/#redactions
 */
export function redactEvent(pdu: Pdu, { redaction }: RoomVersion): Pdu {
  const redacted = pick(pdu as JsonObject, keptMembers[redaction]);
  return { ...redacted, content: redactContent(pdu, redaction) } as Pdu;
}

function redactContent({ type, content }: Pdu, redaction: Redaction): JsonObject {
  if (redaction === "11" && type === "m.room.create") return content;
  const redacted = pick(content, keptContent[redaction].get(type) ?? []);
  const invite = content["third_party_invite"];
  if (redaction === "11" && type === "m.room.member" && isJsonObject(invite)) {
    // Empty where nothing is signed: other servers keep the object too, and the event's id hangs on it.
    redacted["third_party_invite"] = pick(invite, ["signed"]);
  }
  return redacted;
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  const picked: JsonObject = {};
  for (const name of names) {
    const member = Object.hasOwn(object, name) ? object[name] : undefined;
    if (member !== undefined) picked[name] = member;
  }
  return picked;
}
