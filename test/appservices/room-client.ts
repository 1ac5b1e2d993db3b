import assert from "node:assert/strict";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { decryptInRoom, encryptForRoom, shareRoomKey } from "./room-messages.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are checked against the specification, and then looked into freely.
export type Json = any;

/** A client in a room, which knows of it and of others' devices what its syncs have told. */
export class RoomClient {
  readonly device: OlmDevice;
  /** Of the room, as they came. */
  readonly events: Json[] = [];
  /** Users, as the last answer that names them has it. */
  readonly told = new Map<string, "changed" | "left">();
  readonly #roomId: string;
  #transactions = 0;

  constructor(device: OlmDevice, roomId: string) {
    this.device = device;
    this.#roomId = roomId;
  }

  get userId(): string {
    return this.device.client.account.userId;
  }

  /** Syncs until something holds; what the machine then wants to send is sent. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const { answer, unreadable } = await this.device.sync(20_000);
      assert.equal(unreadable, 0, "it can read what is sent to its device");
      const room = (answer as Json).rooms?.join?.[this.#roomId];
      this.events.push(...(room?.timeline.events ?? []));
      for (const kind of ["changed", "left"] as const) {
        for (const userId of answer.device_lists?.[kind] ?? []) this.told.set(userId, kind);
      }
      await this.device.sendOutgoingRequests();
    }
  }

  /** Sends a message that the devices of these users can read, and gives the event's id. */
  async say(body: string, members: readonly string[]): Promise<string> {
    await shareRoomKey(this.device, this.#roomId, members);
    const { content } = JSON.parse(await encryptForRoom(this.device, this.#roomId, body));
    const path = `/rooms/${encodeURIComponent(this.#roomId)}/send/m.room.encrypted/${this.#transactions++}`;
    return JSON.parse(await this.device.client.send("PUT", path, content)).event_id;
  }

  /** The text of an event that a sync brings. */
  async read(eventId: string): Promise<string> {
    await this.until(() => this.#find(eventId) !== undefined);
    return decryptInRoom(this.device, this.#roomId, JSON.stringify(this.#find(eventId)));
  }

  #find(eventId: string): Json {
    return this.events.find(({ event_id }) => event_id === eventId);
  }
}
