import assert from "node:assert/strict";
import type { Client } from "../support/client.ts";
import type { Json } from "./played-servers.ts";

/**
 * What a client knows of users' devices, as clients keep it: it asks for who is in its `device_lists.changed`, and again
 * for whose server did not answer. Also the messages that it was sent.
 */
export class FollowingClient {
  readonly client: Client;
  /** By user: what `/keys/query` said last. */
  readonly devices = new Map<string, Json>();
  /** The `number` of each message, by sender, in order. */
  readonly numbers = new Map<string, number[]>();
  /** How often a sync has said that a user's devices have changed. */
  readonly changes = new Map<string, number>();
  readonly #followed = new Set<string>();
  readonly #outdated = new Set<string>();
  #since: string | undefined;

  constructor(client: Client) {
    this.client = client;
  }

  /** From now on it wants to know their devices. */
  follow(...userIds: readonly string[]): void {
    for (const userId of userIds) {
      this.#followed.add(userId);
      this.#outdated.add(userId);
    }
  }

  numbersOf(userId: string): readonly number[] {
    return this.numbers.get(userId) ?? [];
  }

  /** One sync, and the questions that it raises. */
  async sync(): Promise<void> {
    const answer = await this.client.sync(this.#since);
    this.#since = answer.next_batch;
    for (const { sender, content } of answer.to_device?.events ?? []) {
      this.numbers.set(sender, [...this.numbersOf(sender), content.number]);
    }
    for (const userId of answer.device_lists?.changed ?? []) {
      this.changes.set(userId, (this.changes.get(userId) ?? 0) + 1);
      if (this.#followed.has(userId)) this.#outdated.add(userId);
    }
    if (this.#outdated.size > 0) await this.#ask();
  }

  async #ask(): Promise<void> {
    const asked = [...this.#outdated];
    const { device_keys: found, failures = {} } = await this.client.query(...asked);
    for (const userId of asked) {
      const failed = userId.slice(userId.indexOf(":") + 1) in failures;
      assert.ok(failed || userId in found, `Q1, Q4: ${userId} is there, or its server is in failures`);
      if (userId in found) this.devices.set(userId, found[userId]);
      if (!failed) this.#outdated.delete(userId);
    }
  }
}

/** Sends the message `number` to a device, surely once: the request has a transaction id of its own. */
export async function sendNumber(
  from: Client,
  to: { readonly userId: string; readonly deviceId: string },
  number: number,
): Promise<void> {
  const messages = { [to.userId]: { [to.deviceId]: { number } } };
  const { status, body } = await from.send("m.test", `to ${to.userId} ${to.deviceId}: ${number}`, messages);
  assert.equal(status, 200, JSON.stringify(body));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
