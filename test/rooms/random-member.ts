import assert from "node:assert/strict";
import { roomVersions } from "../api/room-memberships/rooms.ts";
import { roomPath } from "../api/room-timelines/timelines.ts";
import { below, pick, type Random, weighted } from "../races/key-requests.ts";
import type { Answer, Client } from "../support/client.ts";

const deeds = {
  ...{ say: 10, relate: 3, sayAgain: 3, setState: 4, setMember: 2, redact: 4, read: 2, type: 1 },
  ...{ join: 9, leave: 2, forget: 1, invite: 4, kick: 2, ban: 2, unban: 3, knock: 2, open: 2, rename: 2, makeRoom: 1 },
} as const;

/** Whom it concerns, and what, is chosen anew each time. */
interface Choice {
  readonly roomId: string;
  readonly whom: string;
}

/** A user who does whatever one can do in rooms, allowed or not. What it does depends on its random numbers and on the answers. */
export class RandomMember {
  /** Each deed, with the status that it was answered with. */
  readonly answered: string[] = [];
  readonly #client: Client;
  readonly #everybody: readonly string[];
  /** Everybody's; new ones are added. */
  readonly #rooms: string[];
  readonly #random: Random;
  readonly #events: { readonly roomId: string; readonly eventId: string }[] = [];
  /** By room: the event that is sent under the same transaction id again and again. */
  readonly #again = new Map<string, string>();
  #transactions = 0;

  constructor(client: Client, everybody: readonly string[], rooms: string[], random: Random) {
    this.#client = client;
    this.#everybody = everybody;
    this.#rooms = rooms;
    this.#random = random;
  }

  /** The events that it was answered. */
  get eventIds(): string[] {
    return this.#events.map(({ eventId }) => eventId);
  }

  /** One thing of all that it may do. Nothing of it is a 500. */
  async act(): Promise<void> {
    const deed = weighted(this.#random, deeds);
    if (deed === "makeRoom") return this.makeRoom();
    const roomId = pick(this.#random, this.#rooms);
    const { status, body } = await this.#do(deed, { roomId, whom: pick(this.#random, this.#everybody) });
    assert.ok(status < 500, `${deed}: ${status} ${JSON.stringify(body)}`);
    this.answered.push(`${deed} ${status}`);
    if (status !== 200 || body.event_id === undefined) return;
    this.#events.push({ roomId, eventId: body.event_id });
    if (deed === "sayAgain") {
      const before = this.#again.get(roomId) ?? body.event_id;
      assert.equal(body.event_id, before, "one transaction is one event");
      this.#again.set(roomId, before);
    }
  }

  async makeRoom(): Promise<void> {
    const { status, body } = await this.#client.post("/createRoom", {
      room_version: pick(this.#random, roomVersions),
      preset: pick(this.#random, ["public_chat", "public_chat", "private_chat", "trusted_private_chat"]),
      invite: this.#everybody.filter((userId) => userId !== this.#client.userId && below(this.#random, 2) === 0),
    });
    assert.equal(status, 200, JSON.stringify(body));
    this.#rooms.push(body.room_id);
  }

  #do(deed: Exclude<keyof typeof deeds, "makeRoom">, { roomId, whom }: Choice): Promise<Answer> {
    const put = (body: object, ...parts: string[]) => this.#client.request("PUT", roomPath(roomId, ...parts), body);
    const post = (body: object, ...parts: string[]) => this.#client.post(roomPath(roomId, ...parts), body);
    const number = String(++this.#transactions);
    const { eventId } = this.#eventOf(roomId);
    switch (deed) {
      case "say":
        return put({ body: number }, "send", "m.room.message", number);
      case "sayAgain":
        return put({ body: "again" }, "send", "m.room.message", "again");
      case "relate":
        return put(this.#relation(eventId), "send", pick(this.#random, ["m.reaction", "m.room.message"]), number);
      case "setState":
        return put({ topic: number }, "state", "m.room.topic", "");
      case "setMember":
        return put({ membership: "join", displayname: number }, "state", "m.room.member", this.#client.userId);
      case "rename":
        // Shows in each of the user's rooms.
        return this.#client.request("PUT", `/profile/${this.#client.userId}/displayname`, { displayname: number });
      case "open":
        return put({ join_rule: pick(this.#random, ["public", "knock", "invite"]) }, "state", "m.room.join_rules", "");
      case "redact":
        return put({}, "redact", eventId, number);
      case "read":
        return post({}, "receipt", pick(this.#random, ["m.read", "m.read.private"]), eventId);
      case "type":
        return put({ typing: below(this.#random, 2) === 0, timeout: 20_000 }, "typing", this.#client.userId);
      case "join":
      case "leave":
      case "forget":
        return post({}, deed);
      case "knock":
        return this.#client.post(`/knock/${encodeURIComponent(roomId)}`, {});
      case "invite":
      case "kick":
      case "ban":
      case "unban":
        return post({ user_id: whom }, deed);
    }
  }

  #eventOf(roomId: string): { readonly eventId: string } {
    const own = this.#events.filter((event) => event.roomId === roomId);
    return own.length === 0 ? { eventId: "$none" } : pick(this.#random, own);
  }

  #relation(eventId: string): object {
    const relType = pick(this.#random, ["m.annotation", "m.thread", "m.replace", "m.reference"]);
    const key = relType === "m.annotation" ? { key: String(below(this.#random, 3)) } : {};
    return { body: "related", "m.relates_to": { rel_type: relType, event_id: eventId, ...key } };
  }
}
