import {
  type GetMembersDeps,
  getJoinedMembers,
  type JoinedMember,
} from "../../../domain/room-timelines/get-members.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, StreamedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getJoinedMembersByRoomEndpoint: Endpoint<GetMembersDeps> = {
  operationId: "getJoinedMembersByRoom",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/joined_members", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members",

  async handle(deps, { requester, params: { roomId = "" } }) {
    const joined = await getJoinedMembers(deps, requester, requireRoomId(roomId, "roomId"));
    return new StreamedJson(pieces(joined));
  },
};

async function* pieces(pages: AsyncIterable<ReadonlyMap<string, JoinedMember>>): AsyncIterable<string> {
  yield '{"joined":{';
  let comma = "";
  for await (const joined of pages) {
    if (joined.size === 0) continue;
    const texts = [...joined].map(
      ([userId, member]) => `${JSON.stringify(userId)}:${JSON.stringify(memberBody(member))}`,
    );
    yield `${comma}${texts.join(",")}`;
    comma = ",";
  }
  yield "}}";
}

function memberBody({ displayName, avatarUrl }: JoinedMember): object {
  return {
    ...(displayName !== undefined && { display_name: displayName }),
    ...(avatarUrl !== undefined && { avatar_url: avatarUrl }),
  };
}
