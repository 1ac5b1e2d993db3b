import type { AuthEvent, AuthState, Refusal } from "./auth-event.ts";
import { creatorOf } from "./creators.ts";
import { currentMembership } from "./current-membership.ts";
import { type Judgement, refuse } from "./judgement.ts";
import { powerLevelOf, requiredLevel } from "./power-levels.ts";

/** Rule 4.3, in version 12 rule 5.3. */
export function judgeJoin(judgement: Judgement, target: string, create: AuthEvent): Refusal | undefined {
  const { version, event, state } = judgement;
  // 4.3.1
  const isSecondEvent = event.prevEvents.length === 1 && event.prevEvents[0] === create.eventId;
  if (isSecondEvent && target === creatorOf(version, create)) return undefined;
  // 4.3.2
  if (event.sender !== target) return refuse(judgement, "4.3.2", "Nobody can join for somebody else");
  const membership = currentMembership(state, target);
  // 4.3.3
  if (membership === "ban") return refuse(judgement, "4.3.3", "You are banned from the room");
  const isIn = membership === "join" || membership === "invite";
  switch (joinRule(state)) {
    case "invite":
    case "knock": // 4.3.4
      return isIn ? undefined : refuse(judgement, "4.3.7", "You are not invited to the room");
    case "restricted":
    case "knock_restricted": // 4.3.5
      return isIn ? undefined : judgeAuthoriser(judgement);
    case "public": // 4.3.6
      return undefined;
    default: // 4.3.7
      return refuse(judgement, "4.3.7", "The room cannot be joined");
  }
}

/** Rules 4.3.5.2 and 4.3.5.3. */
function judgeAuthoriser(judgement: Judgement): Refusal | undefined {
  const { version, event, state } = judgement;
  const authoriser = event.content["join_authorised_via_users_server"];
  const mayInvite =
    typeof authoriser === "string" &&
    currentMembership(state, authoriser) === "join" &&
    powerLevelOf(version, state, authoriser) >= requiredLevel(state, "invite");
  return mayInvite ? undefined : refuse(judgement, "4.3.5.2", "Nobody in the room who may invite authorises the join");
}

/** Rule 4.7, in version 12 rule 5.7. */
export function judgeKnock(judgement: Judgement, target: string): Refusal | undefined {
  const { event, state } = judgement;
  // 4.7.1
  const rule = joinRule(state);
  if (rule !== "knock" && rule !== "knock_restricted") {
    return refuse(judgement, "4.7.1", "The room does not take knocks");
  }
  // 4.7.2
  if (event.sender !== target) return refuse(judgement, "4.7.2", "Nobody can knock for somebody else");
  // 4.7.3, 4.7.4
  const membership = currentMembership(state, target);
  if (membership !== "ban" && membership !== "invite" && membership !== "join") return undefined;
  return refuse(judgement, "4.7.4", "You are in the room, invited to it or banned from it");
}

/** `invite` where the room has none: https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules */
function joinRule(state: AuthState): unknown {
  const event = state.find("m.room.join_rules", "");
  return event === undefined ? "invite" : event.content["join_rule"];
}
