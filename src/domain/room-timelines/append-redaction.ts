import type { Pdu } from "../../protocol/events/pdu.ts";
import { redactEvent } from "../../protocol/events/redact-event.ts";
import { type EventId, isEventId } from "../../protocol/identifiers/event-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { EventDraft } from "../rooms/event-draft.ts";
import type { EventStore } from "../rooms/event-store.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import { readRoomPowers } from "../rooms/room-powers.ts";
import type { RoomWriter } from "../rooms/room-writer.ts";

/**
 * Without them a room would lose what it is: https://spec.matrix.org/v1.19/client-server-api/#mroomserver_acl. Encryption
 * cannot be ended, which a moderator could by redacting what takes an admin to send: whoever joins later would write for all
 * to read.
 */
const notRedacted: readonly string[] = ["m.room.create", "m.room.encryption", "m.room.server_acl"];

/** What the content of a redaction names. @throws MatrixError `M_BAD_JSON` when that is no event id */
export function requireTarget(content: JsonObject): EventId {
  const { redacts } = content;
  if (isEventId(redacts)) return redacts;
  throw new MatrixError("M_BAD_JSON", "content.redacts must be the id of an event");
}

/**
 * Inside a unit that has the room: adds a redaction, and takes from the event that it names what is no longer to be seen.
 * Own events, and with the power for it others'. https://spec.matrix.org/v1.19/client-server-api/#redactions
 *
 * @param draft whose content names the event, whatever the room's version
 * @throws MatrixError `M_FORBIDDEN`, `M_NOT_FOUND` when there is no such event in the room; as `RoomWriter.append`
 */
export async function appendRedaction(
  room: RoomWriter,
  { events }: { readonly events: EventStore },
  sender: UserId,
  { content, ...given }: Pick<EventDraft, "content" | "originServerTs" | "transaction">,
): Promise<EventId> {
  const redacts = requireTarget(content);
  const event = await events.findEvent(redacts);
  if (event?.roomId !== room.roomId) throw new MatrixError("M_NOT_FOUND", "There is no such event in this room");
  await requireMayRedact(room, sender, event);
  const { redacts: _, ...others } = content;
  const draft = { ...given, type: "m.room.redaction", sender, content: others, redacts };
  const redactedBy = await room.append(draft);
  if (event.redactedBy === undefined) await redactStored(room, events, event, redactedBy);
  return redactedBy;
}

async function requireMayRedact(room: RoomWriter, sender: UserId, event: RoomEvent): Promise<void> {
  if (notRedacted.includes(event.type)) throw new MatrixError("M_FORBIDDEN", `${event.type} is not redacted`);
  if (event.sender === sender || (await readRoomPowers(room)).has(sender, "redact")) return;
  throw new MatrixError("M_FORBIDDEN", "Your power level is too low to redact what others have sent");
}

async function redactStored(
  room: RoomWriter,
  events: EventStore,
  { eventId, content: contentText }: RoomEvent,
  redactedBy: EventId,
): Promise<void> {
  const envelopeText = (await events.findEnvelope(eventId)) ?? "{}";
  const pdu = { ...(JSON.parse(envelopeText) as JsonObject), content: JSON.parse(contentText) as JsonObject };
  const { content, ...envelope } = redactEvent(pdu as unknown as Pdu, room.version);
  await events.redact({ eventId, redactedBy, content: JSON.stringify(content), envelope: JSON.stringify(envelope) });
}
