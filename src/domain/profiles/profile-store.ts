import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

export interface ProfileField {
  readonly field: string;
  /** JSON text. */
  readonly value: string;
}

/** A room that has yet to hear of a user's new name or picture. */
export interface ProfileChange {
  readonly userId: UserId;
  readonly roomId: RoomId;
}

/** What local users tell of themselves, and which rooms have yet to hear of a change. */
export interface ProfileStore {
  /** By name. */
  listFields(userId: UserId): Promise<ProfileField[]>;
  /** JSON text. */
  findField(userId: UserId, field: string): Promise<string | undefined>;
  putField(userId: UserId, field: string, value: string): Promise<void>;
  removeField(userId: UserId, field: string): Promise<void>;
  /** The fields, and what is noted for rooms. */
  removeAll(userId: UserId): Promise<void>;
  /** Notes every room that the user is joined to; once, however often it is noted. */
  noteChanges(userId: UserId): Promise<void>;
  /** Of one user, or of all. */
  listChanges(userId: UserId | "everybody", limit: number): Promise<ProfileChange[]>;
  hasChange(change: ProfileChange): Promise<boolean>;
  removeChange(change: ProfileChange): Promise<void>;
}
