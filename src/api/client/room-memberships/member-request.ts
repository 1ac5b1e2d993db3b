import type { TargetedChange } from "../../../domain/room-memberships/invite-user.ts";
import type { RoomEntry } from "../../../domain/room-memberships/knock-on-room.ts";
import type { OwnChange } from "../../../domain/room-memberships/leave-room.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import { isJsonObject } from "../../../protocol/json.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import type { Call } from "../../endpoint.ts";
import { objectWith, text, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";

type Request = Pick<Call, "body" | "params">;

/** What is done to another user: the body of invites, kicks and bans. */
export const targetBody = objectWith({ user_id: text }, { reason: textOrNull });

/** @throws MatrixError `M_INVALID_PARAM` */
export function targetedChange({ body, params: { roomId = "" } }: Request): TargetedChange {
  return {
    roomId: requireRoomId(roomId, "roomId"),
    target: requireUserId(body["user_id"], "user_id"),
    reason: textOf(body["reason"]),
  };
}

/** @throws MatrixError `M_INVALID_PARAM`, `M_BAD_JSON` */
export function ownChange(request: Request): OwnChange {
  return { roomId: requireRoomId(request.params["roomId"] ?? "", "roomId"), reason: reasonOf(request) };
}

/** @throws MatrixError `M_BAD_JSON`; `M_THREEPID_DENIED` for who was invited as a third-party identifier */
export function roomEntry(request: Request, room: string): RoomEntry {
  const reason = reasonOf(request);
  if (request.body["third_party_signed"] !== undefined) throw noThirdParties();
  return { room, reason };
}

export function noThirdParties(): MatrixError {
  return new MatrixError("M_THREEPID_DENIED", "This server knows no third-party identifiers");
}

/** Of a body that may be absent as a whole: released clients send none where they have nothing to say. */
function reasonOf({ body }: Request): string | undefined {
  if (!isJsonObject(body)) throw new MatrixError("M_BAD_JSON", "The body must be an object");
  const reason = body["reason"] ?? undefined;
  if (reason === undefined || typeof reason === "string") return reason;
  throw new MatrixError("M_BAD_JSON", "reason must be a string");
}
