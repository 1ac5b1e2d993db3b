import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { initialPowerLevels } from "./initial-power-levels.ts";
import type { InitialEvent, Preset, RoomCreation } from "./room-creation.ts";

interface Rules {
  readonly joinRule: string;
  readonly guestAccess: string;
}

const closed: Rules = { joinRule: "invite", guestAccess: "can_join" };
const rulesOf: Readonly<Record<Preset, Rules>> = {
  private_chat: closed,
  trusted_private_chat: closed,
  public_chat: { joinRule: "public", guestAccess: "forbidden" },
};

/**
 * The state of a new room, in the order in which its events are sent: what comes between the creator's join and the
 * invites. What `initial_state` says takes the place of the preset, and what `name` and `topic` say that of
 * `initial_state`.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export function initialEvents(creation: RoomCreation, creator: UserId): InitialEvent[] {
  const { alias, preset, initialState, name, topic } = creation;
  const { joinRule, guestAccess } = rulesOf[preset];
  const has = (type: string) => initialState.some((event) => event.type === type && event.stateKey === "");
  const unlessGiven = (type: string, content: JsonObject) => (has(type) ? [] : [stateEvent(type, content)]);
  const last = [
    ...(name === undefined ? [] : [stateEvent("m.room.name", { name })]),
    ...(topic === undefined ? [] : [stateEvent("m.room.topic", topicContent(topic))]),
  ];
  // Given power levels are the first ones, so that they may be above the creator's usual power.
  const isFirst = ({ type, stateKey }: InitialEvent) => type === "m.room.power_levels" && stateKey === "";
  const isReplaced = ({ type, stateKey }: InitialEvent) => stateKey === "" && last.some((event) => event.type === type);
  return [
    ...(has("m.room.power_levels")
      ? initialState.filter(isFirst)
      : [stateEvent("m.room.power_levels", initialPowerLevels(creation, creator))]),
    ...(alias === undefined ? [] : unlessGiven("m.room.canonical_alias", { alias })),
    ...unlessGiven("m.room.join_rules", { join_rule: joinRule }),
    ...unlessGiven("m.room.history_visibility", { history_visibility: "shared" }),
    ...unlessGiven("m.room.guest_access", { guest_access: guestAccess }),
    ...initialState.filter((event) => !isFirst(event) && !isReplaced(event)),
    ...last,
  ];
}

function stateEvent(type: string, content: JsonObject): InitialEvent {
  return { type, stateKey: "", content };
}

/** https://spec.matrix.org/v1.19/client-server-api/#mroomtopic */
function topicContent(topic: string): JsonObject {
  return { topic, "m.topic": { "m.text": [{ body: topic, mimetype: "text/plain" }] } };
}
