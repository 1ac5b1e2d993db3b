import type { EventId } from "../../protocol/identifiers/event-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import { type InRoomDeps, inRoom } from "../rooms/in-room.ts";
import { requireEventContent } from "../rooms/require-event-content.ts";
import type { RoomWriter, RoomWritingStores } from "../rooms/room-writer.ts";
import type { SentEventStore, SentTransaction } from "../rooms/sent-event-store.ts";
import { appendRedaction, requireTarget } from "./append-redaction.ts";
import { refuseWrongRelation } from "./refuse-wrong-relation.ts";
import type { RelationStore } from "./relation-store.ts";

export interface SendingStores extends RoomWritingStores {
  readonly knownDevices: KnownDevices;
  readonly relations: RelationStore;
  readonly sentEvents: SentEventStore;
}

export type SendEventDeps = InRoomDeps<SendingStores>;

export interface SendEventRequest {
  readonly roomId: RoomId;
  readonly type: string;
  readonly transactionId: string;
  readonly content: JsonObject;
  /** What an appservice says of when it was sent, in ms since the epoch. */
  readonly originServerTs?: number | undefined;
}

/**
 * Sends an event that is no state: once for each transaction id of a device, however often it is asked to.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 *
 * @throws MatrixError `M_FORBIDDEN`, `M_BAD_JSON`, `M_INVALID_PARAM`, `M_TOO_LARGE`; what `appendRedaction` and
 * `refuseWrongRelation` say
 */
export async function sendEvent(
  deps: SendEventDeps,
  requester: Requester,
  { roomId, type, transactionId, content, originServerTs }: SendEventRequest,
): Promise<EventId> {
  requireOpaqueText(type, "eventType");
  requireEventContent(content);
  const sender = requester.userId;
  const isRedaction = type === "m.room.redaction";
  if (isRedaction) requireTarget(content);
  return sendOnce(deps, requester, { roomId, eventType: type, transactionId }, async (room, stores, transaction) => {
    if (isRedaction) return appendRedaction(room, stores, sender, { content, originServerTs, transaction });
    await refuseWrongRelation(stores, room, { sender, type, content });
    return room.append({ type, sender, content, originServerTs, transaction });
  });
}

/** In a unit that has the room, for a member of it. */
export async function sendOnce(
  deps: SendEventDeps,
  requester: Requester,
  request: Pick<SentTransaction, "roomId" | "eventType" | "transactionId">,
  send: (room: RoomWriter, stores: SendingStores, transaction: SentTransaction) => Promise<EventId>,
): Promise<EventId> {
  requireOpaqueText(request.transactionId, "txnId");
  const { userId, deviceId = "" } = requester;
  const transaction = { ...request, userId, deviceId };
  const { roomId } = request;
  return inRoom(deps, {
    roomId,
    shared: [userId],
    check: (stores) => requireRequestingDevice(stores, requester),
    read: (stores) => stores.sentEvents.findSent(transaction),
    async act(unit, stores, sentBefore) {
      if (sentBefore !== undefined) return sentBefore;
      const sent = (await unit.find())?.added.find((added) => isSame(added.transaction, transaction));
      return sent ? sent.eventId : send(await unit.openFor(userId), stores, transaction);
    },
  });
}

/** Of one room. */
function isSame(one: SentTransaction | undefined, other: SentTransaction): boolean {
  if (one?.transactionId !== other.transactionId) return false;
  return one.userId === other.userId && one.deviceId === other.deviceId && one.eventType === other.eventType;
}
