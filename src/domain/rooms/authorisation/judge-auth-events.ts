import { placeOf } from "../place-of.ts";
import type { NamedAuthEvent, Refusal } from "./auth-event.ts";
import { authEventKeys } from "./auth-event-keys.ts";
import { type Judgement, refuse } from "./judgement.ts";

/** Rule 2, in version 12 rule 3: whether an event may name the `auth_events` that it names. */
export function judgeAuthEvents(judgement: Judgement): Refusal | undefined {
  const { version, event } = judgement;
  const { authEvents } = event;
  // 2.1
  const places = authEvents.filter(isStateEvent).map(placeOf);
  if (new Set(places).size < places.length) {
    return refuse(judgement, "2.1", "auth_events has two events of one type and state key");
  }
  // 2.2
  const selected = new Set(authEventKeys(event, version).map(([type, stateKey]) => placeOf({ type, stateKey })));
  if (!authEvents.every((named) => isStateEvent(named) && selected.has(placeOf(named)))) {
    return refuse(judgement, "2.2", "auth_events has an event that does not belong there");
  }
  // 2.3
  if (authEvents.some(({ isRejected }) => isRejected)) {
    return refuse(judgement, "2.3", "auth_events has an event that was rejected");
  }
  // 2.4
  if (!version.roomIdIsHash && !authEvents.some(({ type }) => type === "m.room.create")) {
    return refuse(judgement, "2.4", "auth_events has no m.room.create event");
  }
  // 2.5
  if (!authEvents.every(({ roomId }) => roomId === event.roomId)) {
    return refuse(judgement, "2.5", "auth_events has an event of another room");
  }
  return undefined;
}

function isStateEvent({ stateKey }: NamedAuthEvent): boolean {
  return stateKey !== undefined;
}
