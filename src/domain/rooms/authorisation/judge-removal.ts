import type { Refusal } from "./auth-event.ts";
import { currentMembership } from "./current-membership.ts";
import { type Judgement, refuse } from "./judgement.ts";
import { powerLevelOf, requiredLevel } from "./power-levels.ts";

/** Rule 4.5, in version 12 rule 5.5: leaving, declining, kicking, unbanning. */
export function judgeLeave(judgement: Judgement, target: string): Refusal | undefined {
  const { version, event, state } = judgement;
  const membership = currentMembership(state, target);
  // 4.5.1
  if (event.sender === target) {
    if (membership === "invite" || membership === "join" || membership === "knock") return undefined;
    return refuse(judgement, "4.5.1", "You are not in the room");
  }
  // 4.5.2
  if (currentMembership(state, event.sender) !== "join") return refuse(judgement, "4.5.2", "You are not in the room");
  const power = powerLevelOf(version, state, event.sender);
  // 4.5.3
  if (membership === "ban" && power < requiredLevel(state, "ban")) {
    return refuse(judgement, "4.5.3", "Your power level is too low to unban");
  }
  // 4.5.4, 4.5.5
  const mayKick = power >= requiredLevel(state, "kick") && powerLevelOf(version, state, target) < power;
  return mayKick ? undefined : refuse(judgement, "4.5.5", "Your power level is too low to remove this user");
}

/** Rule 4.6, in version 12 rule 5.6. */
export function judgeBan(judgement: Judgement, target: string): Refusal | undefined {
  const { version, event, state } = judgement;
  // 4.6.1
  if (currentMembership(state, event.sender) !== "join") return refuse(judgement, "4.6.1", "You are not in the room");
  // 4.6.2, 4.6.3
  const power = powerLevelOf(version, state, event.sender);
  const mayBan = power >= requiredLevel(state, "ban") && powerLevelOf(version, state, target) < power;
  return mayBan ? undefined : refuse(judgement, "4.6.3", "Your power level is too low to ban this user");
}
