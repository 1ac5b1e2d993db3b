import type { Refusal } from "./auth-event.ts";
import { currentMembership } from "./current-membership.ts";
import { judgeThirdPartyInvite } from "./judge-third-party-invite.ts";
import { type Judgement, refuse } from "./judgement.ts";
import { powerLevelOf, requiredLevel } from "./power-levels.ts";

/** Rule 4.4, in version 12 rule 5.4. */
export function judgeInvite(judgement: Judgement, target: string): Refusal | undefined {
  const { version, event, state } = judgement;
  // 4.4.1
  if (Object.hasOwn(event.content, "third_party_invite")) return judgeThirdPartyInvite(judgement, target);
  // 4.4.2
  if (currentMembership(state, event.sender) !== "join") return refuse(judgement, "4.4.2", "You are not in the room");
  // 4.4.3
  const membership = currentMembership(state, target);
  if (membership === "join") return refuse(judgement, "4.4.3", "The user is in the room already");
  if (membership === "ban") return refuse(judgement, "4.4.3", "The user is banned from the room");
  // 4.4.4, 4.4.5
  const mayInvite = powerLevelOf(version, state, event.sender) >= requiredLevel(state, "invite");
  return mayInvite ? undefined : refuse(judgement, "4.4.5", "Your power level is too low to invite");
}
