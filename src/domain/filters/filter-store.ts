import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Filters that clients have defined; they do not change once they have an id. */
export interface FilterStore {
  /** JSON text as it was defined. */
  findDefinition(userId: UserId, filterId: string): Promise<string | undefined>;
  countFilters(userId: UserId): Promise<number>;
  put(userId: UserId, filterId: string, definition: string): Promise<void>;
  removeAll(userId: UserId): Promise<void>;
}
