import type { UserId } from "../../protocol/identifiers/user-id.ts";

/**
 * Who hears of whose device list (rule S2). As long as there are no rooms: oneself, and whom one has exchanged
 * to-device messages with. Only this store and the queries behind `DeviceListStore` know that.
 */
export interface AudienceStore {
  /** Everybody who hears of changes of this user's devices, the user itself included. */
  listAudience(userId: UserId): Promise<UserId[]>;
  /** Who knows whom of these users, in pairs: a user, and somebody else who hears of its changes. */
  listAcquaintances(userIds: readonly UserId[]): Promise<[UserId, UserId][]>;
  /**
   * From now on the two hear of each other's devices. A new pair takes a position and counts as a change of both lists.
   * @returns whether they are new to each other
   */
  introduce(userId: UserId, other: UserId): Promise<boolean>;
}
