import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { EventId } from "../../protocol/identifiers/event-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import { requireAliasesOfRoom } from "../room-aliases/require-aliases-of-room.ts";
import type { RoomAliasStore } from "../room-aliases/room-alias-store.ts";
import type { AuthEvent } from "../rooms/authorisation/auth-event.ts";
import { type InRoomDeps, inRoom } from "../rooms/in-room.ts";
import { requireEventContent } from "../rooms/require-event-content.ts";
import type { RoomWritingStores } from "../rooms/room-writer.ts";
import { requireSettableMembership } from "./require-settable-membership.ts";

interface SettingStores extends RoomWritingStores {
  readonly accounts: ActiveAccounts;
  readonly knownDevices: KnownDevices;
  readonly roomAliases: RoomAliasStore;
}

export type SetStateEventDeps = InRoomDeps<SettingStores>;

export interface SetStateEventRequest {
  readonly roomId: RoomId;
  readonly type: string;
  /** May be empty. */
  readonly stateKey: string;
  readonly content: JsonObject;
  /** What an appservice says of when it was sent, in ms since the epoch. */
  readonly originServerTs?: number | undefined;
}

/**
 * Puts an event into a room's state. The same content by the same sender once more changes nothing: the event in force is
 * the answer. https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 *
 * @throws MatrixError `M_FORBIDDEN`, `M_BAD_JSON`, `M_INVALID_PARAM`, `M_TOO_LARGE`; `M_BAD_ALIAS` for an alias that does
 * not point to the room
 */
export async function setStateEvent(
  deps: SetStateEventDeps,
  requester: Requester,
  { roomId, type, stateKey, content, originServerTs }: SetStateEventRequest,
): Promise<EventId> {
  requireOpaqueText(type, "eventType");
  if (stateKey !== "") requireOpaqueText(stateKey, "stateKey");
  requireEventContent(content);
  const sender = requester.userId;
  const target = type === "m.room.member" ? requireUserId(stateKey, "stateKey") : undefined;
  return inRoom(deps, {
    roomId,
    shared: target === undefined ? [sender] : [sender, target],
    check: (stores) => requireRequestingDevice(stores, requester),
    async act(unit, stores) {
      // Who is not in the room may yet come in, where its rules let everybody.
      const room = target === sender ? await unit.open() : await unit.openFor(sender);
      const before = await room.findState(type, stateKey);
      if (before?.sender === sender && isSame(before, content)) return before.eventId;
      if (target !== undefined) await requireSettableMembership(deps, stores, { target, content, before });
      await requireAliasesOfRoom(stores, roomId, { type, stateKey, content }, before?.content);
      return room.append({ type, stateKey, sender, content, originServerTs });
    },
  });
}

function isSame(before: AuthEvent, content: JsonObject): boolean {
  return canonicalJson(before.content, "content") === canonicalJson(content, "content");
}
