import { parseUserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { MembershipChange } from "./event-store.ts";
import type { Membership } from "./membership-store.ts";

const memberships: readonly string[] = ["invite", "join", "knock", "leave", "ban"] satisfies Membership[];

/** What a membership event changes, and by how much the totals differ after it; `undefined` for any other event. */
export function membershipChange(
  type: string,
  stateKey: string | undefined,
  before: JsonObject | undefined,
  after: JsonObject,
): { change: MembershipChange; joined: number; invited: number } | undefined {
  const userId = type === "m.room.member" ? parseUserId(stateKey) : undefined;
  const membership = membershipOf(after);
  if (userId === undefined || membership === undefined) return undefined;
  const earlier = membershipOf(before);
  const rise = (kind: Membership) => Number(membership === kind) - Number(earlier === kind);
  return {
    change: { userId, before: earlier, after: membership },
    joined: rise("join"),
    invited: rise("invite"),
  };
}

/** Whether the user was in the room, and is not any more. */
export function endsStay({ before, after }: MembershipChange): boolean {
  return before === "join" && after !== "join";
}

/** What the content of an `m.room.member` event says. */
export function membershipOf(content: JsonObject | undefined): Membership | undefined {
  const membership = content?.["membership"];
  return typeof membership === "string" && memberships.includes(membership) ? (membership as Membership) : undefined;
}
