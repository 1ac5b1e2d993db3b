import type { Clock } from "../../../domain/kernel/clock.ts";
import { givingWay } from "../../../domain/kernel/give-way.ts";
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
    return new StreamedJson(pieces([...joined], deps.clock));
  },
};

/** Members of one piece: a millisecond of work. */
const atOnce = 500;

async function* pieces(joined: readonly (readonly [string, JoinedMember])[], clock: Clock): AsyncIterable<string> {
  const giveWay = givingWay(clock);
  yield '{"joined":{';
  for (let start = 0; start < joined.length; start += atOnce) {
    await giveWay();
    const texts = joined
      .slice(start, start + atOnce)
      .map(([userId, member]) => `${JSON.stringify(userId)}:${JSON.stringify(memberBody(member))}`);
    yield `${start === 0 ? "" : ","}${texts.join(",")}`;
  }
  yield "}}";
}

function memberBody({ displayName, avatarUrl }: JoinedMember): object {
  return {
    ...(displayName !== undefined && { display_name: displayName }),
    ...(avatarUrl !== undefined && { avatar_url: avatarUrl }),
  };
}
