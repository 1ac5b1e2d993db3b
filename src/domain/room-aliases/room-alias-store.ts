import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

export interface RoomAliasEntry {
  readonly alias: RoomAlias;
  readonly roomId: RoomId;
  readonly creator: UserId;
}

/** The aliases that this server keeps. https://spec.matrix.org/v1.19/client-server-api/#room-aliases */
export interface RoomAliasStore {
  findAlias(alias: RoomAlias): Promise<RoomAliasEntry | undefined>;
  /** By alias. */
  listAliases(roomId: RoomId): Promise<RoomAlias[]>;
  countAliases(roomId: RoomId): Promise<number>;
  /** @param createdAt ms since the epoch. Rejects when it exists. */
  add(entry: RoomAliasEntry, createdAt: number): Promise<void>;
  remove(alias: RoomAlias): Promise<void>;
}
