import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { memberFields } from "../profiles/profile-field.ts";
import type { ProfileStore } from "../profiles/profile-store.ts";
import { requireActiveUser } from "../rooms/require-invitee.ts";

interface ProfileReadingStores {
  readonly accounts: Reading<ActiveAccounts>;
  readonly profiles: Reading<ProfileStore>;
}

/**
 * Inside a unit that shares the user: the content of the event by which a user of this server comes into a room, or is
 * asked into it, with the name and the picture that the user has now.
 *
 * @param others further members; those that are `undefined` are left out
 * @throws MatrixError `M_FORBIDDEN` when the user has no account here, or not any more
 */
export async function memberContent(
  stores: ProfileReadingStores,
  userId: UserId,
  membership: "invite" | "join" | "knock",
  others: Readonly<Record<string, JsonValue | undefined>>,
): Promise<JsonObject> {
  await requireActiveUser(stores, userId);
  const content: JsonObject = { membership };
  for (const [name, value] of Object.entries(others)) if (value !== undefined) content[name] = value;
  for (const field of memberFields) {
    const text = await stores.profiles.findField(userId, field);
    if (text !== undefined) content[field] = JSON.parse(text) as JsonValue;
  }
  return content;
}
