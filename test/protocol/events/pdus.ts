import type { Pdu } from "../../../src/protocol/events/pdu.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";

/** A complete event with these members; its hash and signature are none that verify. */
export function pduOf(members: JsonObject): Pdu {
  return {
    ...{ auth_events: ["$a"], prev_events: ["$p"], depth: 7, origin_server_ts: 1_000_000, room_id: "!r:domain" },
    ...{ sender: "@u:domain", type: "m.room.message", content: {}, hashes: { sha256: "h" } },
    signatures: { domain: { "ed25519:1": "s" } },
    ...members,
  } as unknown as Pdu;
}
