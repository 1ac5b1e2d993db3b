import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { relationIn } from "../rooms/content-member.ts";
import type { EventStore } from "../rooms/event-store.ts";
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

/** A sender's annotations of one event that a new one is compared with. */
const mostCompared = 100;

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
  if (relation?.relType === "m.annotation") await refuseDuplicate(stores, room, event, relation.parentId);
  if (relation?.relType === "m.thread") await refuseNestedThread(stores, room, relation.parentId);
}

type ParentId = NonNullable<ReturnType<typeof relationOf>>["parentId"];

async function refuseDuplicate(
  { relations }: RelatingStores,
  { roomId, added }: RoomWriter,
  { sender, type, content }: RelatingEvent,
  parentId: ParentId,
): Promise<void> {
  const key = annotationKey(content);
  if (key === undefined) return;
  const stored = await relations.listAnnotations({ roomId, eventIds: [parentId] }, sender, type, mostCompared);
  const isAlike = (other: JsonObject) => annotationKey(other) === key;
  const isRepeated =
    stored.some((annotation) => isAlike(JSON.parse(annotation.content) as JsonObject)) ||
    added.some((draft) => {
      const { relType, parentId: parent } = relationOf(draft.content) ?? {};
      const isAnnotation = relType === "m.annotation" && parent === parentId;
      return isAnnotation && draft.sender === sender && draft.type === type && isAlike(draft.content);
    });
  if (!isRepeated) return;
  throw new MatrixError("M_DUPLICATE_ANNOTATION", "You have annotated this event in the same way before");
}

function annotationKey(content: JsonObject): string | undefined {
  const relatesTo = content["m.relates_to"];
  const key = isJsonObject(relatesTo) ? relatesTo["key"] : undefined;
  return typeof key === "string" ? key : undefined;
}

async function refuseNestedThread({ events }: RelatingStores, room: RoomWriter, parentId: ParentId): Promise<void> {
  const parent = await events.findEvent(parentId);
  if (parent?.roomId !== room.roomId || relationIn(parent) === undefined) return;
  throw new MatrixError("M_UNKNOWN", "A thread cannot begin at an event that relates to another one");
}
