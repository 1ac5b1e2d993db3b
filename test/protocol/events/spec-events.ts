import type { UnsignedPdu } from "../../../src/protocol/events/pdu.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";

function unsigned(members: JsonObject): UnsignedPdu {
  return members as unknown as UnsignedPdu;
}

/** The events of https://spec.matrix.org/v1.19/appendices/#event-signing with what must come of them. */
export const specEvents = [
  {
    event: unsigned({
      ...{ room_id: "!x:domain", sender: "@a:domain", origin: "domain", origin_server_ts: 1000000, type: "X" },
      ...{ content: {}, prev_events: [], auth_events: [], depth: 3, unsigned: { age_ts: 1000000 } },
    }),
    sha256: "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos",
    signature: "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg",
  },
  {
    event: unsigned({
      ...{ content: { body: "Here is the message content" }, event_id: "$0:domain", origin: "domain" },
      ...{ origin_server_ts: 1000000, type: "m.room.message", room_id: "!r:domain", sender: "@u:domain" },
      unsigned: { age_ts: 1000000 },
    }),
    sha256: "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g",
    signature: "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA",
  },
];
