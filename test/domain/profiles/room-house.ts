import type { TestContext } from "node:test";
import { makeSigningKey } from "../../../src/adapters/system/signing-key-file.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import type { Requester } from "../../../src/domain/kernel/requester.ts";
import { beginRoom, planRoom } from "../../../src/domain/rooms/begin-room.ts";
import { roomInUnit } from "../../../src/domain/rooms/room-in-unit.ts";
import { roomVersion } from "../../../src/protocol/events/room-version.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { openHouse } from "../open-house.ts";

/** A house whose users can be put into rooms, without any use case of rooms. */
export async function openRoomHouse(t: TestContext) {
  const house = { ...(await openHouse(t)), signingKey: makeSigningKey(systemRandom) };
  return {
    ...house,

    /** A room in which its creator alone is. */
    async makeRoom(creator: UserId, member: JsonObject = { membership: "join" }): Promise<RoomId> {
      // Two create events that are alike, at one moment, are one: their hash names the room.
      house.clock.advance(1);
      const plan = planRoom(house, roomVersion("12"), creator, {});
      await house.unitOfWork.run({ exclusive: [plan.roomId] }, async (stores, commit) => {
        const room = await beginRoom(house, stores, commit, plan);
        await room.append({ type: "m.room.member", stateKey: creator, sender: creator, content: member });
      });
      return plan.roomId;
    },

    async send(roomId: RoomId, sender: UserId, type: string, stateKey: string, content: JsonObject): Promise<void> {
      await house.unitOfWork.run({ exclusive: [roomId] }, async (stores, commit) => {
        const room = await roomInUnit(house, stores, commit, { roomId, users: [] }).open();
        await room.append({ type, stateKey, sender, content });
      });
    },

    /** The content of the user's membership event in force. */
    async member(roomId: RoomId, userId: UserId): Promise<JsonObject> {
      const place = ["m.room.member", userId] as const;
      const [found] = await house.snapshots.read(({ roomState }) => roomState.listCurrent(roomId, [place]));
      return JSON.parse(found?.content ?? "{}");
    },

    /** Newest first: what the contents of the room's membership events are. */
    async history(roomId: RoomId): Promise<JsonObject[]> {
      const rows = await house.rows("events");
      const ofRoom = rows.filter((row) => row.room_id === roomId && row.type === "m.room.member");
      return ofRoom.map((row) => JSON.parse(row.content) as JsonObject);
    },
  };
}

export type RoomHouse = Awaited<ReturnType<typeof openRoomHouse>>;

/** An appservice's user, which needs no device. */
export function requesterOf(userId: UserId): Requester {
  return { userId, deviceId: undefined, accessTokenDigest: Buffer.alloc(32) };
}
