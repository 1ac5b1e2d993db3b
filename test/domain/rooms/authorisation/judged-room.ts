import assert from "node:assert/strict";
import type {
  AuthEvent,
  AuthState,
  JudgedEvent,
  NamedAuthEvent,
  Refusal,
  SelectingEvent,
} from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import { authEventKeys } from "../../../../src/domain/rooms/authorisation/auth-event-keys.ts";
import { authorise } from "../../../../src/domain/rooms/authorisation/authorise.ts";
import { type RoomVersion, type RoomVersionId, roomVersion } from "../../../../src/protocol/events/room-version.ts";
import type { EventId } from "../../../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../../src/protocol/json.ts";

export const creator = "@creator:here" as UserId;
/** Power 100. */
export const admin = "@admin:here" as UserId;
/** Power 50. */
export const moderator = "@moderator:here" as UserId;
/** Power 50. */
export const peer = "@peer:here" as UserId;
/** Power 25. */
export const deputy = "@deputy:here" as UserId;
/** Power 0, as all that follow. */
export const member = "@member:here" as UserId;
export const invited = "@invited:here" as UserId;
export const knocking = "@knocking:here" as UserId;
export const banned = "@banned:here" as UserId;
export const gone = "@gone:here" as UserId;
/** Never was in the room. */
export const stranger = "@stranger:here" as UserId;
/** The same, of another server. */
export const foreigner = "@foreigner:there" as UserId;

export const baseLevels = {
  users: { [admin]: 100, [moderator]: 50, [peer]: 50, [deputy]: 25 },
  users_default: 0,
  events: { "m.room.power_levels": 20, "m.room.name": 50, "m.room.topic": 80, "m.reaction": 10 },
  events_default: 0,
  state_default: 50,
  ban: 50,
  kick: 50,
  redact: 50,
  invite: 0,
  notifications: { room: 80, other: 10 },
};

/** A room of every kind of member, and what is judged in it. */
export class JudgedRoom {
  readonly version: RoomVersion;
  readonly #state = new Map<string, AuthEvent>();
  #events = 0;
  /** Which events of the state what is judged names, and which others. */
  naming: (selected: readonly NamedAuthEvent[]) => readonly NamedAuthEvent[] = (selected) => selected;

  constructor(version: RoomVersionId) {
    this.version = roomVersion(version);
    this.put("m.room.create", "", creator, this.version.creatorInContent ? { creator } : {});
    this.setLevels({});
    this.setJoinRule("public");
    for (const user of [creator, admin, moderator, peer, deputy, member]) this.setMember(user, "join");
    this.setMember(invited, "invite");
    this.setMember(knocking, "knock");
    this.setMember(banned, "ban");
    this.setMember(gone, "leave");
  }

  get id(): RoomId {
    return (this.version.roomIdIsHash ? `!${this.create.eventId.slice(1)}` : "!room:here") as RoomId;
  }

  get create(): AuthEvent {
    const create = this.find("m.room.create", "");
    assert.ok(create);
    return create;
  }

  find(type: string, stateKey: string): AuthEvent | undefined {
    return this.#state.get(JSON.stringify([type, stateKey]));
  }

  put(type: string, stateKey: string, sender: UserId, content: JsonObject): void {
    const event = { eventId: this.#newId(), type, stateKey, sender, content };
    this.#state.set(JSON.stringify([type, stateKey]), event);
  }

  /** An event of this room that does not stand in its state. */
  accepted(event: SelectingEvent): NamedAuthEvent {
    return { ...event, eventId: this.#newId(), roomId: this.id, isRejected: false };
  }

  #newId(): EventId {
    return `$event${this.#events++}` as EventId;
  }

  remove(type: string): void {
    this.#state.delete(JSON.stringify([type, ""]));
  }

  setMember(user: UserId, membership: string): void {
    this.put("m.room.member", user, user, { membership });
  }

  setJoinRule(rule: string): void {
    this.put("m.room.join_rules", "", creator, { join_rule: rule });
  }

  /** The base levels, but for these; before version 12 the creator has 100. */
  setLevels(change: JsonObject): void {
    this.put("m.room.power_levels", "", creator, this.levels(change));
  }

  levels(change: JsonObject): JsonObject {
    const ofCreator = this.version.privilegedCreators ? {} : { [creator]: 100 };
    return { ...baseLevels, users: { ...ofCreator, ...baseLevels.users }, ...change };
  }

  event(type: string, sender: UserId, content: JsonObject = {}): JudgedEvent {
    const prevEvents = ["$before" as EventId];
    return { type, stateKey: undefined, sender, content, roomId: this.id, prevEvents, authEvents: [] };
  }

  stateEvent(type: string, stateKey: string, sender: UserId, content: JsonObject = {}): JudgedEvent {
    return { ...this.event(type, sender, content), stateKey };
  }

  membership(sender: UserId, membership: string, target: string = sender, more: JsonObject = {}): JudgedEvent {
    return this.stateEvent("m.room.member", target, sender, { membership, ...more });
  }

  powerLevels(sender: UserId, change: JsonObject): JudgedEvent {
    return this.stateEvent("m.room.power_levels", "", sender, this.levels(change));
  }

  /**
   * Judges against no more of the state than `authEventKeys` names, and `m.room.create`. What the event names is decided
   * here, for it is made before its room is complete.
   */
  judge(event: JudgedEvent): Refusal | undefined {
    const keys = authEventKeys(event, this.version);
    const places = [...keys, ["m.room.create", ""] as const];
    const named = new Set(places.map((place) => JSON.stringify(place)));
    const state: AuthState = {
      find: (type, stateKey) => {
        const place = JSON.stringify([type, stateKey]);
        // Rule 1 looks at no state, and no rule at what is not named.
        assert.ok(event.type !== "m.room.create" && named.has(place), `${place} is not named`);
        return this.#state.get(place);
      },
    };
    const hasRoom = this.find("m.room.create", "") !== undefined;
    const roomId = hasRoom ? this.id : (event.roomId as RoomId);
    const found = keys.flatMap(([type, stateKey]) => this.find(type, stateKey) ?? []);
    const authEvents = this.naming(found.map((named) => ({ ...named, roomId, isRejected: false })));
    return authorise(this.version, { ...event, authEvents }, state);
  }
}
