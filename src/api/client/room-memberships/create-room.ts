import { type CreateRoomDeps, createRoom } from "../../../domain/room-memberships/create-room.ts";
import type { JsonObject, JsonValue } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import {
  anyList,
  anyObject,
  flagOrNull,
  listOf,
  objectOrNull,
  objectWith,
  text,
  textOrNull,
} from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

interface CreateRoomBody extends JsonObject {
  invite: string[];
  invite_3pid: JsonValue[];
  creation_content: JsonObject;
  initial_state: JsonObject[];
  power_level_content_override: JsonObject;
}

export const createRoomEndpoint: Endpoint<CreateRoomDeps> = {
  operationId: "createRoom",
  method: "POST",
  paths: clientPaths("/createRoom", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith(
    {},
    {
      ...{ visibility: textOrNull, preset: textOrNull, room_version: textOrNull, room_alias_name: textOrNull },
      ...{ name: textOrNull, topic: textOrNull, is_direct: flagOrNull, invite: listOf(text), invite_3pid: anyList },
      ...{
        creation_content: objectOrNull,
        initial_state: listOf(anyObject),
        power_level_content_override: objectOrNull,
      },
    },
  ),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom",

  async handle(deps, { requester, body }) {
    const { invite, invite_3pid, creation_content, initial_state, power_level_content_override } =
      body as Partial<CreateRoomBody>;
    const roomId = await createRoom(deps, requester, {
      visibility: textOf(body["visibility"]),
      preset: textOf(body["preset"]),
      roomVersion: textOf(body["room_version"]),
      roomAliasName: textOf(body["room_alias_name"]),
      name: textOf(body["name"]),
      topic: textOf(body["topic"]),
      isDirect: body["is_direct"] === true,
      invite: invite ?? [],
      invite3pid: invite_3pid ?? [],
      creationContent: creation_content ?? {},
      initialState: initial_state ?? [],
      powerLevelContentOverride: power_level_content_override ?? {},
    });
    return { room_id: roomId };
  },
};
