import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { memberFields } from "./profile-field.ts";
import type { ProfileStore } from "./profile-store.ts";

/**
 * The members that a membership event of a local user has from its profile: `displayname`, `avatar_url`, each where it
 * is set. A unit that puts them into a room names the user in its scope, so that no change passes it by.
 * https://spec.matrix.org/v1.19/client-server-api/#events-on-change-of-profile-information
 */
export async function readMemberProfile(store: Reading<ProfileStore>, userId: UserId): Promise<JsonObject> {
  const fields = await store.listFields(userId);
  const shown = fields.filter(({ field }) => memberFields.includes(field));
  return Object.fromEntries(shown.map(({ field, value }) => [field, JSON.parse(value) as JsonValue]));
}
