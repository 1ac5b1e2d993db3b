import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Servers that hear of local users' devices though they share no room with them, and since when they were last heard of. */
export interface ListeningServerStore {
  /** By name. */
  listServers(userId: UserId): Promise<ServerName[]>;
  /** Ms since the epoch. */
  findHeardAt(userId: UserId, server: ServerName): Promise<number | undefined>;
  put(userId: UserId, server: ServerName, heardAt: number): Promise<void>;
  /** Forgets those last heard of before a time (ms since the epoch), and what they were told. */
  forgetBefore(time: number): Promise<void>;
}
