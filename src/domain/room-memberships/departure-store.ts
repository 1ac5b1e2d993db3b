import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Users whose accounts have ended, and who have yet to leave their rooms: noted in the unit that ends the account. */
export interface DepartureStore {
  /** Once, however often. */
  add(userId: UserId): Promise<void>;
  listDepartures(limit: number): Promise<UserId[]>;
  remove(userId: UserId): Promise<void>;
}
