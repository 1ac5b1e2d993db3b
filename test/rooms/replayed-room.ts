import type { JudgedEvent, NamedAuthEvent } from "../../src/domain/rooms/authorisation/auth-event.ts";
import { authEventKeys } from "../../src/domain/rooms/authorisation/auth-event-keys.ts";
import { authorise } from "../../src/domain/rooms/authorisation/authorise.ts";
import { contentHash, eventIdOf } from "../../src/protocol/events/event-hashes.ts";
import type { Pdu } from "../../src/protocol/events/pdu.ts";
import { redactEvent } from "../../src/protocol/events/redact-event.ts";
import { type RoomVersion, type RoomVersionId, roomVersion } from "../../src/protocol/events/room-version.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { EventRow, RoomRow } from "./room-rows.ts";

export interface Stay {
  readonly joinedAt: number;
  /** `undefined`: it has not ended. */
  leftAt: number | undefined;
}

/** What the rooms' events say, one after another, without anything else that is stored. Every other event follows one before it. */
export class ReplayedRoom {
  readonly problems: string[] = [];
  readonly room: RoomRow;
  /** By place: the event in force. */
  readonly state = new Map<string, EventRow>();
  /** By user, all that they had. */
  readonly stays = new Map<string, Stay[]>();
  /** By event: the ids in force before and after it, by place. */
  readonly states = new Map<string, { readonly before: Map<string, string>; readonly after: Map<string, string> }>();
  last: EventRow | undefined;
  readonly #version: RoomVersion;
  #inForce = new Map<string, string>();

  constructor(room: RoomRow) {
    this.room = room;
    this.#version = roomVersion(room.version as RoomVersionId);
  }

  /** The next event of the timeline. */
  add(event: EventRow): void {
    const pdu = { ...JSON.parse(event.envelope), content: JSON.parse(event.content) } as Pdu;
    this.#checkItself(event, pdu);
    this.#checkPlace(event, pdu);
    this.#checkAuthorisation(event, pdu);
    const before = this.#inForce;
    if (event.state_key !== null) this.#setState(event, event.state_key, pdu);
    this.states.set(event.event_id, { before, after: this.#inForce });
    this.last = event;
  }

  /** What a member event in force says, by user. */
  get memberships(): Map<string, { readonly membership: unknown; readonly event: EventRow }> {
    const events = [...this.state.values()].filter(({ type }) => type === "m.room.member");
    return new Map(events.map((event) => [event.state_key ?? "", { membership: membershipIn(event), event }]));
  }

  #expect(holds: boolean, { event_id, type }: EventRow, what: string): void {
    if (!holds) this.problems.push(`${this.room.room_id} ${event_id} (${type}): ${what}`);
  }

  /** Its id and hash are made of what is stored, and the columns say what it says. */
  #checkItself(event: EventRow, pdu: Pdu): void {
    this.#expect(eventIdOf(pdu, this.#version) === event.event_id, event, "its id is another one's");
    const columns = [event.type, event.sender, event.state_key ?? undefined, event.origin_server_ts, event.depth];
    const says = [pdu.type, pdu.sender, pdu.state_key, pdu.origin_server_ts, pdu.depth];
    this.#expect(JSON.stringify(columns) === JSON.stringify(says), event, "its columns say something else");
    if (event.redacted_by === null) {
      this.#expect(contentHash({ ...pdu, signatures: {} }) === pdu.hashes.sha256, event, "its hash is another one's");
    } else {
      const left = JSON.stringify(redactEvent(pdu, this.#version).content);
      this.#expect(left === JSON.stringify(pdu.content), event, "it is redacted, and has more than that");
    }
  }

  /** The rooms that only this server writes to are a line. */
  #checkPlace(event: EventRow, { prev_events: previous }: Pdu): void {
    const expected = this.last === undefined ? [] : [this.last.event_id];
    this.#expect(
      JSON.stringify(previous) === JSON.stringify(expected),
      event,
      `it follows ${previous}, not ${expected}`,
    );
    this.#expect(event.depth === (this.last?.depth ?? 0) + 1, event, `its depth is ${event.depth}`);
  }

  #checkAuthorisation(event: EventRow, pdu: Pdu): void {
    const redacts = this.#version.redactsInContent ? pdu.content["redacts"] : pdu.redacts;
    const judged: Omit<JudgedEvent, "authEvents"> = {
      ...{ type: pdu.type, stateKey: pdu.state_key, sender: pdu.sender, content: pdu.content, roomId: pdu.room_id },
      ...{ prevEvents: pdu.prev_events, redacts: redacts as EventId | undefined },
    };
    const found = authEventKeys(judged, this.#version).flatMap((place) => this.#inForce.get(place.join("\0")) ?? []);
    this.#expect(
      JSON.stringify(found.sort()) === JSON.stringify([...pdu.auth_events].sort()),
      event,
      `its auth_events are not what was in force: ${found}`,
    );
    // Of a redacted event it can no longer be said why it was allowed.
    if (event.redacted_by !== null || pdu.auth_events.some((id) => this.#isRedacted(id))) return;
    const find = (type: string, key: string) => this.#authEvent(`${type}\0${key}`);
    const authEvents = authEventKeys(judged, this.#version).flatMap(([type, key]) => find(type, key) ?? []);
    const refusal = authorise(this.#version, { ...judged, authEvents }, { find });
    this.#expect(refusal === undefined, event, `it was not allowed: ${refusal?.rule} ${refusal?.reason}`);
  }

  #isRedacted(eventId: string): boolean {
    return [...this.state.values()].some((event) => event.event_id === eventId && event.redacted_by !== null);
  }

  #authEvent(place: string): NamedAuthEvent | undefined {
    const event = this.state.get(place);
    if (!event) return undefined;
    const { event_id, type, state_key, sender, content } = event;
    const ids = { eventId: event_id as EventId, roomId: event.room_id as RoomId, sender: sender as UserId };
    return { ...ids, type, stateKey: state_key ?? undefined, content: JSON.parse(content), isRejected: false };
  }

  #setState(event: EventRow, stateKey: string, { content }: Pdu): void {
    const place = `${event.type}\0${stateKey}`;
    const replaced = this.state.get(place);
    this.#expect(event.replaces_event_id === (replaced?.event_id ?? null), event, "it replaces another event");
    this.state.set(place, event);
    this.#inForce = new Map(this.#inForce).set(place, event.event_id);
    if (event.type === "m.room.member") {
      this.#move(stateKey, replaced && membershipIn(replaced), content["membership"], event.position ?? 0);
    }
  }

  #move(userId: string, before: unknown, after: unknown, position: number): void {
    if (before === after) return;
    const stays = this.stays.get(userId) ?? [];
    this.stays.set(userId, stays);
    const last = stays.at(-1);
    if (before === "join" && last) last.leftAt = position;
    if (after === "join") stays.push({ joinedAt: position, leftAt: undefined });
  }
}

export function membershipIn({ content }: EventRow): unknown {
  return JSON.parse(content).membership;
}
