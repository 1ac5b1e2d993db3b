import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { emptyObject, isJsonObject, type JsonObject, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { GetRoomAccountDataDeps } from "./get-room-account-data.ts";
import { requireOwn } from "./set-account-data.ts";
import { changeRoomAccountData, type SetRoomAccountDataDeps } from "./set-room-account-data.ts";

/** A room of one user. */
export interface RoomOfUser {
  readonly userId: UserId;
  readonly roomId: RoomId;
}

/** Of one user in one room. */
const mostTags = 100;

/**
 * The content of `m.tag`, with what the user has sorted the room under: https://spec.matrix.org/v1.19/client-server-api/#room-tagging
 * @throws MatrixError `M_FORBIDDEN` for another user's
 */
export async function getRoomTags(
  deps: GetRoomAccountDataDeps,
  requester: Requester,
  { userId, roomId }: RoomOfUser,
): Promise<{ tags: JsonObject }> {
  requireOwn(requester, userId);
  const text = await deps.snapshots.ask((stores) => stores.roomAccountData.findContent(userId, roomId, "m.tag"));
  return { tags: tagsOf(text === undefined ? undefined : (JSON.parse(text) as JsonObject)) };
}

/** @throws MatrixError `M_FORBIDDEN` for another user's, `M_INVALID_PARAM`, `M_BAD_JSON`, `M_TOO_LARGE` */
export async function setRoomTag(
  deps: SetRoomAccountDataDeps,
  requester: Requester,
  { userId, roomId }: RoomOfUser,
  tag: { readonly name: string; readonly content: JsonObject },
): Promise<void> {
  requireOwn(requester, userId);
  requireOpaqueText(tag.name, "tag");
  requireStorable(tag.content, "The tag");
  await changeRoomAccountData(deps, requester, roomId, "m.tag", (content) => {
    const tags = tagsOf(content);
    tags[tag.name] = tag.content;
    if (Object.keys(tags).length > mostTags) {
      throw new MatrixError("M_TOO_LARGE", `A room has at most ${mostTags} tags`);
    }
    return { ...content, tags };
  });
}

/** A tag that is not there stays so. @throws MatrixError `M_FORBIDDEN` for another user's */
export async function deleteRoomTag(
  deps: SetRoomAccountDataDeps,
  requester: Requester,
  { userId, roomId }: RoomOfUser,
  name: string,
): Promise<void> {
  requireOwn(requester, userId);
  await changeRoomAccountData(deps, requester, roomId, "m.tag", (content) => {
    const tags = tagsOf(content);
    if (!Object.hasOwn(tags, name)) return undefined;
    delete tags[name];
    return { ...content, tags };
  });
}

/** Without a prototype: a tag may be called `__proto__`. */
function tagsOf(content: JsonObject | undefined): JsonObject {
  const tags = content?.["tags"];
  return Object.assign(emptyObject(), isJsonObject(tags) ? tags : {});
}
