/** The room versions that this server speaks. */
export type RoomVersionId = "10" | "11" | "12";

/** In what one room version differs from the others: https://spec.matrix.org/v1.19/rooms/ */
export interface RoomVersion {
  readonly id: RoomVersionId;
  /** From 11 on the sender of `m.room.create` is the creator; before, `content.creator` says who it is. */
  readonly creatorInContent: boolean;
  /** From 11 on `redacts` stands in the content; before, beside it. */
  readonly redactsInContent: boolean;
  /** Which members survive a redaction: https://spec.matrix.org/v1.19/rooms/v11/#redactions */
  readonly redaction: "10" | "11";
  /** From 12 on the room id is the hash of the create event, which has no `room_id` and is in nobody's `auth_events`. */
  readonly roomIdIsHash: boolean;
  /** From 12 on creators stand above all power levels, and `additional_creators` with them. */
  readonly privilegedCreators: boolean;
}

const versions: Readonly<Record<RoomVersionId, RoomVersion>> = {
  10: {
    id: "10",
    creatorInContent: true,
    redactsInContent: false,
    redaction: "10",
    roomIdIsHash: false,
    privilegedCreators: false,
  },
  11: {
    id: "11",
    creatorInContent: false,
    redactsInContent: true,
    redaction: "11",
    roomIdIsHash: false,
    privilegedCreators: false,
  },
  12: {
    id: "12",
    creatorInContent: false,
    redactsInContent: true,
    redaction: "11",
    roomIdIsHash: true,
    privilegedCreators: true,
  },
};

export const roomVersionIds = ["10", "11", "12"] as const satisfies readonly RoomVersionId[];

/** `undefined` for a version that this server does not speak. */
export function findRoomVersion(id: unknown): RoomVersion | undefined {
  return roomVersionIds.some((known) => known === id) ? versions[id as RoomVersionId] : undefined;
}

export function roomVersion(id: RoomVersionId): RoomVersion {
  return versions[id];
}
