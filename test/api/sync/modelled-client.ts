import assert from "node:assert/strict";
import type { Client } from "../../support/client.ts";
import { walk } from "../room-timelines/timelines.ts";
import { applyState, type Json, roomPath, stateOf, succeed, syncOf } from "./rooms.ts";

export interface ClientOptions {
  /** Events of a timeline. */
  readonly limit: number;
  readonly lazy: boolean;
  readonly stateAfter: boolean;
}

interface KnownRoom {
  kind: "join" | "invite" | "leave" | "knock";
  /** Ids of events, by type and state key. */
  readonly state: Map<string, Json>;
  /** Ids, the oldest first. */
  events: string[];
}

/** What a client knows that applies the answers of its syncs, and fills the gaps in timelines. */
export class ModelledClient {
  readonly client: Client;
  readonly #options: ClientOptions;
  readonly #roomIds: readonly string[];
  readonly #rooms = new Map<string, KnownRoom>();
  #since: string | undefined;
  /** Rooms that the user was not in at some time since the last answer that was applied. */
  readonly #away = new Set<string>();

  constructor(client: Client, roomIds: readonly string[], options: ClientOptions) {
    this.client = client;
    this.#options = options;
    this.#roomIds = roomIds;
  }

  get lazy(): boolean {
    return this.#options.lazy;
  }

  noteAway(roomId: string): void {
    this.#away.add(roomId);
  }

  /** Asks from where the last applied answer has ended. */
  ask(timeout = 0, fullState = false): Promise<Json> {
    const { limit, lazy, stateAfter } = this.#options;
    const room = { rooms: this.#roomIds, timeline: { limit }, state: { lazy_load_members: lazy } };
    return syncOf(this.client, {
      ...(this.#since !== undefined && { since: this.#since }),
      ...{ timeout, filter: { room }, use_state_after: stateAfter, full_state: fullState },
    });
  }

  async apply({ next_batch, rooms }: Json): Promise<void> {
    this.#since = next_batch;
    for (const [roomId, room] of Object.entries<Json>(rooms.join)) await this.#applyJoined(roomId, room);
    for (const kind of ["invite", "leave", "knock"] as const) {
      for (const roomId of Object.keys(rooms[kind])) this.#rooms.set(roomId, { kind, state: new Map(), events: [] });
    }
    this.#away.clear();
  }

  async #applyJoined(roomId: string, room: Json): Promise<void> {
    const before = this.#rooms.get(roomId);
    const isKnown = before?.kind === "join" && !this.#away.has(roomId);
    const known: KnownRoom = isKnown ? before : { kind: "join", state: new Map(), events: [] };
    this.#rooms.set(roomId, known);
    applyState(known.state, room);
    const { events, limited, prev_batch } = room.timeline;
    const ids = events.map((event: Json) => event.event_id);
    const missed = limited ? await this.#missed(roomId, prev_batch, known) : [];
    known.events = [...known.events, ...missed, ...ids];
  }

  /** The events before a gap's end that the client has not had yet. */
  async #missed(roomId: string, from: string, { events: known }: KnownRoom): Promise<string[]> {
    const missed: string[] = [];
    for (let token: string | undefined = from; token !== undefined; ) {
      const page = await this.client.get(roomPath(roomId, `/messages?dir=b&limit=7&from=${token}`));
      // The user may be out of the room again, and then this is of no importance.
      if (page.status !== 200) return missed;
      for (const { event_id } of page.body.chunk) {
        if (event_id === known.at(-1)) return missed;
        missed.unshift(event_id);
      }
      token = page.body.end;
    }
    return missed;
  }

  /** Fails unless the client knows what the server does. */
  async check(explain: string): Promise<void> {
    for (const roomId of this.#roomIds) {
      const room = this.#rooms.get(roomId);
      const joined: string[] = (await succeed(this.client.get("/joined_rooms"))).joined_rooms;
      assert.equal(
        room?.kind === "join",
        joined.includes(roomId),
        `${this.client.userId} knows where it is\n${explain}`,
      );
      if (room?.kind === "join") await this.#checkRoom(roomId, room, explain);
    }
  }

  async #checkRoom(roomId: string, { state, events }: KnownRoom, explain: string): Promise<void> {
    const actual = await stateOf(this.client, roomId);
    for (const [place, eventId] of actual) {
      if (this.lazy && place.startsWith("m.room.member") && !state.has(place)) continue;
      assert.equal(state.get(place), eventId, `${this.client.userId} has the state ${place}\n${explain}`);
    }
    assert.ok(state.size <= actual.size);
    const visible = (await walk(this.client, roomId, { dir: "f", limit: "100" })).map(({ event_id }) => event_id);
    assert.deepEqual(events, visible, `${this.client.userId} has every event once, in order\n${explain}`);
  }
}
