import type { Pdu, UnsignedPdu } from "../../protocol/events/pdu.ts";
import type { RoomVersion } from "../../protocol/events/room-version.ts";
import { sealEvent } from "../../protocol/events/seal-event.ts";
import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { type JsonObject, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { AppserviceMemberStore } from "../appservices/appservice-member-store.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { SigningKey } from "../federation-out/signing-key.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { addSnapshot } from "./add-snapshot.ts";
import type { AuthEvent, AuthState, JudgedEvent, NamedAuthEvent, StateKey } from "./authorisation/auth-event.ts";
import { authEventKeys } from "./authorisation/auth-event-keys.ts";
import { authorise } from "./authorisation/authorise.ts";
import type { EventDraft } from "./event-draft.ts";
import type { EventStore, NewEvent } from "./event-store.ts";
import { followAppserviceUsers } from "./follow-appservice-users.ts";
import { endsStay, membershipChange } from "./membership-change.ts";
import { placeOf } from "./place-of.ts";
import { relationOf } from "./relation-of.ts";
import type { RoomEvent } from "./room-event.ts";
import type { RoomStateStore } from "./room-state-store.ts";
import type { ForwardExtremity, RoomHead, RoomStore } from "./room-store.ts";
import type { SentTransaction } from "./sent-event-store.ts";
import type { TypingOfStays } from "./typing-of-stays.ts";

export interface RoomWritingStores {
  readonly rooms: RoomStore;
  readonly roomState: RoomStateStore;
  readonly events: EventStore;
  readonly appserviceMembers: AppserviceMemberStore;
  readonly typing: TypingOfStays;
}

export interface RoomWritingDeps {
  readonly serverName: ServerName;
  readonly signingKey: SigningKey;
  readonly clock: Clock;
  readonly appservices: Appservices;
}

/** What a writer begins with. */
export interface OpenedRoom {
  readonly roomId: RoomId;
  readonly version: RoomVersion;
  readonly head: RoomHead;
  readonly extremities: readonly ForwardExtremity[];
  /** What of its state is known already. */
  readonly state: KnownState;
}

/** What was appended, and under which id. */
export interface AddedEvent extends EventDraft {
  readonly eventId: EventId;
}

interface KnownState {
  readonly places: readonly StateKey[];
  /** Those that there are. */
  readonly events: readonly RoomEvent[];
}

/**
 * Appends events to one room, inside a unit that has the room exclusively. Events take their positions when the unit ends:
 * until then what they have changed is known here, and not in the stores.
 */
export class RoomWriter {
  readonly roomId: RoomId;
  readonly version: RoomVersion;
  readonly #deps: RoomWritingDeps;
  readonly #stores: RoomWritingStores;
  readonly #commit: Commit;
  #head: RoomHead;
  #extremities: readonly ForwardExtremity[];
  /** The state in force, as far as it was asked for: by type and state key; `undefined` where there is none. */
  readonly #state = new Map<string, NamedAuthEvent | undefined>();
  readonly #added: AddedEvent[] = [];

  constructor(deps: RoomWritingDeps, stores: RoomWritingStores, commit: Commit, opened: OpenedRoom) {
    this.#deps = deps;
    this.#stores = stores;
    this.#commit = commit;
    this.roomId = opened.roomId;
    this.version = opened.version;
    this.#head = opened.head;
    this.#extremities = opened.extremities;
    this.#keep(opened.state);
  }

  /** The event in force at a place of the state. */
  async findState(type: string, stateKey: string): Promise<AuthEvent | undefined> {
    await this.#load([[type, stateKey]]);
    return this.#state.get(placeOf({ type, stateKey }));
  }

  /** What was appended here, which no store shows before the unit ends. */
  get added(): readonly AddedEvent[] {
    return this.#added;
  }

  /**
   * @throws MatrixError `M_FORBIDDEN` when the rules of the room refuse it, `M_BAD_JSON` for content that has no canonical
   * JSON, `M_TOO_LARGE`
   */
  async append(draft: EventDraft): Promise<EventId> {
    requireStorable(draft.content, "content");
    const judged = this.#judged(draft);
    const places = authEventKeys(judged, this.version);
    const own: StateKey[] = draft.stateKey === undefined ? [] : [[draft.type, draft.stateKey]];
    await this.#load([...places, ...own, ["m.room.create", ""]]);
    const authEvents = places.flatMap((place) => this.#state.get(nameOf(place)) ?? []);
    const find: AuthState["find"] = (type, stateKey) => this.#state.get(placeOf({ type, stateKey }));
    const refusal = authorise(this.version, { ...judged, authEvents }, { find });
    if (refusal) throw new MatrixError("M_FORBIDDEN", refusal.reason);
    const unsigned = this.#pdu(draft, authEvents);
    const { pdu, eventId } = sealEvent(unsigned, this.version, this.#deps.serverName, this.#deps.signingKey);
    await this.#store(eventId, pdu, draft.transaction);
    this.#added.push({ ...draft, eventId });
    return eventId;
  }

  #judged(draft: EventDraft): Omit<JudgedEvent, "authEvents"> {
    const { type, stateKey, sender, content, redacts } = draft;
    const prevEvents = this.#extremities.map(({ eventId }) => eventId);
    return { type, stateKey, sender, content, roomId: this.#roomIdOf(type), prevEvents, redacts };
  }

  /** The create event of version 12 has none: the room's id is made of it. */
  #roomIdOf(type: string): RoomId | undefined {
    return type === "m.room.create" && this.version.roomIdIsHash ? undefined : this.roomId;
  }

  #pdu(draft: EventDraft, authEvents: readonly NamedAuthEvent[]): UnsignedPdu {
    const { type, stateKey, sender, content, originServerTs = this.#deps.clock.now(), redacts } = draft;
    const { redactsInContent } = this.version;
    const roomId = this.#roomIdOf(type);
    return {
      auth_events: authEvents.map(({ eventId }) => eventId),
      content: redacts !== undefined && redactsInContent ? { ...content, redacts } : content,
      depth: nextDepth(this.#extremities),
      origin_server_ts: originServerTs,
      prev_events: this.#extremities.map(({ eventId }) => eventId),
      ...(roomId === undefined ? {} : { room_id: roomId }),
      sender,
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      type,
      ...(redacts === undefined || redactsInContent ? {} : { redacts }),
    };
  }

  async #store(eventId: EventId, pdu: Pdu, transaction: SentTransaction | undefined): Promise<void> {
    const { roomState, events, appserviceMembers, typing } = this.#stores;
    const { content, ...envelope } = pdu;
    const { type, state_key: stateKey, sender, depth } = pdu;
    const stateBefore = this.#head.stateAfter ?? 0;
    const isState = stateKey !== undefined;
    const stateAfter = isState ? this.#head.lastSnapshot + 1 : stateBefore;
    if (isState) {
      const change = { type, stateKey, eventId };
      await addSnapshot(roomState, this.roomId, stateAfter, this.#head.stateAfter, change);
    }
    const replaced = isState ? this.#state.get(placeOf({ type, stateKey })) : undefined;
    const membership = membershipChange(type, stateKey, replaced?.content, content);
    const head: RoomHead = {
      ...{ depth, stateAfter, lastSnapshot: isState ? stateAfter : this.#head.lastSnapshot },
      joinedMembers: this.#head.joinedMembers + (membership?.joined ?? 0),
      invitedMembers: this.#head.invitedMembers + (membership?.invited ?? 0),
    };
    const event: NewEvent = {
      ...{ eventId, roomId: this.roomId, type, stateKey, sender, originServerTs: pdu.origin_server_ts, depth },
      ...{ content: JSON.stringify(content), envelope: JSON.stringify(envelope), stateBefore, stateAfter },
      ...{ replaces: replaced?.eventId, relation: relationOf(content), head },
      sent: transaction && { transaction, at: this.#deps.clock.now() },
    };
    await events.append(event, membership?.change);
    if (membership) {
      const { change } = membership;
      await followAppserviceUsers(appserviceMembers, this.#deps.appservices, this.roomId, change);
      if (endsStay(change)) await typing.remove(this.roomId, change.userId);
    }
    this.#extremities = [{ eventId, depth }];
    this.#head = head;
    if (isState) this.#put({ eventId, type, stateKey, sender, content });
    this.#commit.wake(this.roomId);
    if (membership) this.#commit.wake(membership.change.userId);
  }

  async #load(places: readonly StateKey[]): Promise<void> {
    const asked = new Map(places.map((place) => [nameOf(place), place]));
    const missing = [...asked].flatMap(([name, place]) => (this.#state.has(name) ? [] : [place]));
    if (missing.length === 0) return;
    this.#keep({ places: missing, events: await this.#stores.roomState.listCurrent(this.roomId, missing) });
  }

  #keep({ places, events }: KnownState): void {
    for (const place of places) this.#state.set(nameOf(place), undefined);
    for (const found of events) {
      const { eventId, type, stateKey = "", sender } = found;
      this.#put({ eventId, type, stateKey, sender, content: JSON.parse(found.content) as JsonObject });
    }
  }

  /** No event of the state is one that was rejected. */
  #put(event: AuthEvent): void {
    this.#state.set(placeOf(event), { ...event, roomId: this.roomId, isRejected: false });
  }
}

/** The depth has the range of integers in canonical JSON: at its end it stays there. */
function nextDepth(extremities: readonly ForwardExtremity[]): number {
  const deepest = extremities.reduce((most, { depth }) => Math.max(most, depth), 0);
  return Math.min(deepest + 1, Number.MAX_SAFE_INTEGER);
}

function nameOf([type, stateKey]: StateKey): string {
  return placeOf({ type, stateKey });
}
