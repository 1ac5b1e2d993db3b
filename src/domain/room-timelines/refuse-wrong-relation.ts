import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { relationIn } from "../rooms/content-member.ts";
import type { EventStore, Relation } from "../rooms/event-store.ts";
import { relationOf } from "../rooms/relation-of.ts";
import type { RoomWriter } from "../rooms/room-writer.ts";
import type { RelationStore } from "./relation-store.ts";

interface RelatingStores {
  readonly events: Reading<EventStore>;
  readonly relations: Reading<RelationStore>;
}

/** What is about to be sent. */
interface RelatingEvent {
  readonly sender: UserId;
  readonly type: string;
  readonly content: JsonObject;
}

/**
 * Inside a unit that has the room: the relations that a server refuses to send.
 * https://spec.matrix.org/v1.19/client-server-api/#avoiding-duplicate-annotations and
 * https://spec.matrix.org/v1.19/client-server-api/#validation-of-mthread-relationships
 *
 * @throws MatrixError `M_DUPLICATE_ANNOTATION`; `M_UNKNOWN` for a thread that begins at an event which itself relates
 */
export async function refuseWrongRelation(
  stores: RelatingStores,
  room: RoomWriter,
  event: RelatingEvent,
): Promise<void> {
  const relation = relationOf(event.content);
  if (relation?.key !== undefined) await refuseDuplicate(stores, room, event, { ...relation, key: relation.key });
  if (relation?.relType === "m.thread") await refuseNestedThread(stores, room, relation.parentId);
}

async function refuseDuplicate(
  { relations }: RelatingStores,
  { roomId, added }: RoomWriter,
  { sender, type }: RelatingEvent,
  { parentId: eventId, key }: Relation & { readonly key: string },
): Promise<void> {
  const isRepeated =
    added.some((draft) => {
      const { parentId, key: other } = relationOf(draft.content) ?? {};
      return parentId === eventId && other === key && draft.sender === sender && draft.type === type;
    }) || (await relations.hasAnnotation({ roomId, eventId, sender, type, key }));
  if (!isRepeated) return;
  throw new MatrixError("M_DUPLICATE_ANNOTATION", "You have annotated this event in the same way before");
}

async function refuseNestedThread({ events }: RelatingStores, room: RoomWriter, parentId: EventId): Promise<void> {
  const parent = await events.findEvent(parentId);
  if (parent?.roomId !== room.roomId || relationIn(parent) === undefined) return;
  throw new MatrixError("M_UNKNOWN", "A thread cannot begin at an event that relates to another one");
}
