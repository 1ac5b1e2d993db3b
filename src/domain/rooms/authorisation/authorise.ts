import type { RoomVersion } from "../../../protocol/events/room-version.ts";
import { serverNameOf } from "../../../protocol/identifiers/user-id.ts";
import type { AuthEvent, AuthState, JudgedEvent, Refusal } from "./auth-event.ts";
import { currentMembership } from "./current-membership.ts";
import { judgeAuthEvents } from "./judge-auth-events.ts";
import { judgeCreate } from "./judge-create.ts";
import { judgeMembership } from "./judge-membership.ts";
import { judgePowerLevels } from "./judge-power-levels.ts";
import { type Judgement, refuse } from "./judgement.ts";
import { powerLevelOf, requiredEventLevel, requiredLevel } from "./power-levels.ts";

/**
 * Judges an event by the authorisation rules of its room's version; `undefined`: it is allowed. The comments have the
 * rules' numbers in versions 10 and 11; a refusal has the number of the version itself.
 * https://spec.matrix.org/v1.19/rooms/v10/#authorisation-rules, …/v11/…, …/v12/…
 *
 * @throws MatrixError M_BAD_JSON for a signed third-party invite that has no canonical JSON
 */
export function authorise(version: RoomVersion, event: JudgedEvent, state: AuthState): Refusal | undefined {
  // 1
  if (event.type === "m.room.create") return judgeCreate(version, event);
  const judgement = { version, event, state };
  const create = state.find("m.room.create", "");
  const refusal = judgeRoomId(judgement, create) ?? judgeAuthEvents(judgement) ?? judgeOrigin(judgement, create);
  if (refusal || create === undefined) return refusal;
  // 4
  if (event.type === "m.room.member") return judgeMembership(judgement, create);
  return judgeMembersEvent(judgement, create);
}

/** Rule 2 of version 12. */
function judgeRoomId({ version, event }: Judgement, create: AuthEvent | undefined): Refusal | undefined {
  const isItsRoom = create !== undefined && event.roomId === `!${create.eventId.slice(1)}`;
  if (!version.roomIdIsHash || isItsRoom) return undefined;
  return { rule: "2", reason: "The room's id is not that of its m.room.create event" };
}

/** Rule 3, for which the state has an `m.room.create` as well. */
function judgeOrigin(judgement: Judgement, create: AuthEvent | undefined): Refusal | undefined {
  const { event } = judgement;
  if (create === undefined) return refuse(judgement, "2.4", "The room has no m.room.create event");
  const isClosed = create.content["m.federate"] === false;
  if (!isClosed || serverNameOf(event.sender) === serverNameOf(create.sender)) return undefined;
  return refuse(judgement, "3", "The room is closed to other servers than its own");
}

/** Rules 5 to 10: events that only members send. */
function judgeMembersEvent(judgement: Judgement, create: AuthEvent): Refusal | undefined {
  const { version, event, state } = judgement;
  const { type, stateKey, sender } = event;
  // 5
  if (currentMembership(state, sender) !== "join") return refuse(judgement, "5", "You are not in the room");
  const power = powerLevelOf(version, state, sender);
  // 6.1
  if (type === "m.room.third_party_invite") {
    return power >= requiredLevel(state, "invite")
      ? undefined
      : refuse(judgement, "6.1", "Your power level is too low to invite");
  }
  // 7
  if (requiredEventLevel(state, type, stateKey !== undefined) > power) {
    return refuse(judgement, "7", "Your power level is too low to send this event");
  }
  // 8
  if (stateKey?.startsWith("@") && stateKey !== sender) {
    return refuse(judgement, "8", "The state of this key belongs to another user");
  }
  // 9, 10
  return type === "m.room.power_levels" ? judgePowerLevels(judgement, create) : undefined;
}
