import { makeSigningKey } from "../../../src/adapters/system/signing-key-file.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { beginRoom, planRoom } from "../../../src/domain/rooms/begin-room.ts";
import type { EventDraft } from "../../../src/domain/rooms/event-draft.ts";
import type { Membership } from "../../../src/domain/rooms/membership-store.ts";
import { roomInUnit } from "../../../src/domain/rooms/room-in-unit.ts";
import { roomVersion } from "../../../src/protocol/events/room-version.ts";
import type { EventId } from "../../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { FeedHouse } from "./feed-house.ts";

const signingKey = makeSigningKey(systemRandom);
const nobody = { wake: () => undefined };

function depsOf({ clock, appservices }: FeedHouse) {
  return { serverName: "example.org" as ServerName, signingKey, clock, appservices, random: systemRandom };
}

/** A room that anybody may join, with its creator in it. */
export async function makeRoom(house: FeedHouse, creator: UserId): Promise<RoomId> {
  const deps = depsOf(house);
  const plan = planRoom(deps, roomVersion("11"), creator, {});
  await house.change(async (stores) => {
    const room = await beginRoom(deps, stores, nobody, plan);
    await room.append(memberDraft(creator, creator, "join"));
    const rules = { type: "m.room.join_rules", stateKey: "", content: { join_rule: "public" } };
    await room.append({ ...rules, sender: creator });
  });
  return plan.roomId;
}

/** All of them in one unit. */
export function append(house: FeedHouse, roomId: RoomId, ...drafts: readonly EventDraft[]): Promise<EventId[]> {
  return house.change(async (stores) => {
    const room = await roomInUnit(depsOf(house), stores, nobody, { roomId, users: [] }).open();
    const ids: EventId[] = [];
    for (const draft of drafts) ids.push(await room.append(draft));
    return ids;
  });
}

export function say(house: FeedHouse, roomId: RoomId, sender: UserId, ...texts: readonly string[]): Promise<EventId[]> {
  return append(house, roomId, ...texts.map((body) => ({ type: "m.room.message", sender, content: { body } })));
}

export function memberDraft(sender: UserId, userId: UserId, membership: Membership): EventDraft {
  return { type: "m.room.member", stateKey: userId, sender, content: { membership } };
}

/** Of users themselves. */
export async function move(house: FeedHouse, roomId: RoomId, membership: "join" | "leave", ...users: UserId[]) {
  await append(house, roomId, ...users.map((userId) => memberDraft(userId, userId, membership)));
}
