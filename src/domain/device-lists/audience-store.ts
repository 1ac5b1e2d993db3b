import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { WakeName } from "../kernel/unit-of-work.ts";

/**
 * Who hears of whose device list (rule S2): oneself, those who share a room, and across servers, whose rooms are not
 * joined yet, whom one has exchanged to-device messages with. Only this store and the queries behind `DeviceListStore`
 * know that.
 */
export interface AudienceStore {
  /** Whom a change of this user's devices wakes: the user, whom it knows on other servers, and the rooms it is in. */
  listAudience(userId: UserId): Promise<WakeName[]>;
  /** Who knows whom of these users across servers, in pairs: a user, and somebody else who hears of its changes. */
  listAcquaintances(userIds: readonly UserId[]): Promise<[UserId, UserId][]>;
  /**
   * From now on the two, of different servers, hear of each other's devices. A new pair takes a position and counts as a
   * change of both lists.
   * @returns whether they are new to each other
   */
  introduce(userId: UserId, other: UserId): Promise<boolean>;
}
