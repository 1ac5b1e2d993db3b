import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { type InRoomDeps, inRoom } from "../rooms/in-room.ts";
import type { RoomInUnit } from "../rooms/room-in-unit.ts";
import type { RoomWriter, RoomWritingStores } from "../rooms/room-writer.ts";
import { readMemberProfile } from "./member-profile.ts";
import { memberFields } from "./profile-field.ts";
import type { ProfileChange, ProfileStore } from "./profile-store.ts";

export interface PropagatingStores extends RoomWritingStores {
  readonly profiles: ProfileStore;
}

export interface PropagateProfilesDeps extends InRoomDeps<PropagatingStores> {
  readonly snapshots: Snapshots<{ readonly profiles: ProfileStore }>;
}

/** Rooms that are read at once; no two of them share a unit. */
const batch = 100;

/**
 * Tells the rooms that are noted of new names and pictures, one after another, until none is left.
 * https://spec.matrix.org/v1.19/client-server-api/#events-on-change-of-profile-information
 *
 * @param userId whose; those of everybody are what others that began it have not ended
 */
export async function propagateProfiles(deps: PropagateProfilesDeps, userId: UserId | "everybody"): Promise<void> {
  for (;;) {
    const changes = await deps.snapshots.ask(({ profiles }) => profiles.listChanges(userId, batch));
    if (changes.length === 0) return;
    for (const change of changes) {
      // The user is named so that the profile does not change between reading it and forgetting the note.
      await inRoom(deps, {
        ...{ roomId: change.roomId, shared: [change.userId] },
        act: (unit, stores) => tellRoom(stores, unit, change),
      });
    }
  }
}

async function tellRoom(stores: PropagatingStores, unit: RoomInUnit, change: ProfileChange): Promise<void> {
  // Somebody else has told the room meanwhile.
  if (!(await stores.profiles.hasChange(change))) return;
  await stores.profiles.removeChange(change);
  try {
    await appendProfile(await unit.open(), change.userId, await readMemberProfile(stores.profiles, change.userId));
  } catch (error) {
    // The rules of the room refuse it, and will again: it keeps the name that it has.
    if (!(error instanceof MatrixError)) throw error;
  }
}

/** Joins once more who is joined; nothing for who has left, or whose name the room has already. */
async function appendProfile(room: RoomWriter, userId: UserId, profile: JsonObject): Promise<void> {
  const member = await room.findState("m.room.member", userId);
  if (member?.content["membership"] !== "join") return;
  if (memberFields.every((field) => member.content[field] === profile[field])) return;
  const content = { membership: "join", ...profile };
  await room.append({ type: "m.room.member", stateKey: userId, sender: userId, content });
}
