import assert from "node:assert/strict";
import {
  type DecryptedToDeviceEvent,
  DeviceLists,
  type ProcessedToDeviceEvent,
  ProcessedToDeviceEventType,
  UserId,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Decrypted, OlmDevice } from "../../examples/olm-device.ts";
import { sendMessage } from "../olm-machine/connect-device.ts";
import type { PushedMessage, Transaction } from "./read-transaction.ts";

/** The one device of a bridge's user. All that its machine hears comes out of the bridge's transactions. */
export class Ghost {
  readonly device: OlmDevice;
  /** Encrypted messages that it could read, in order. */
  readonly heard: Decrypted[] = [];
  /** Messages that came unencrypted. */
  readonly plain: PushedMessage[] = [];
  /** Of `signed_curve25519`, as the last transaction said that counts them; each one that was told, in order. */
  readonly toldCounts: number[] = [];
  /** As the last transaction said that names them. */
  unusedFallbackKeys: readonly string[] | undefined;
  /** Whether it uploads new keys and asks for changed ones as soon as it hears that it should. */
  isActive = true;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(device: OlmDevice) {
    this.device = device;
  }

  get userId(): string {
    return this.device.client.account.userId;
  }

  get deviceId(): string {
    return this.device.client.account.deviceId;
  }

  get keyCount(): number | undefined {
    return this.toldCounts.at(-1);
  }

  /** The bodies of what it has heard, in order. */
  get bodies(): string[] {
    return this.heard
      .filter(({ type }) => type === "com.example.message")
      .map(({ content }) => String(content["body"]));
  }

  /** One thing after another: a machine that is asked twice for what it wants to send would have it sent twice. */
  act<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Opens the missing sessions to a device's user and sends it one encrypted message. */
  write(receiver: OlmDevice, body: string): Promise<void> {
    return this.act(() => sendMessage(this.device, receiver, body));
  }

  /** It goes on with what it did not do while it was not active. */
  async activate(): Promise<void> {
    this.isActive = true;
    await this.act(() => this.device.sendOutgoingRequests());
  }

  /** Takes its part of a transaction. */
  hear(transaction: Transaction): Promise<void> {
    return this.act(async () => {
      const { messages, changed, left, keyCounts, unusedFallbackKeys } = transaction;
      const own = messages.filter((to) => to.to_user_id === this.userId && to.to_device_id === this.deviceId);
      const counts = keyCounts[this.userId]?.[this.deviceId];
      const unused = unusedFallbackKeys[this.userId]?.[this.deviceId];
      if (counts) this.toldCounts.push(signedKeys(counts));
      if (unused) this.unusedFallbackKeys = unused;
      if (own.length + changed.length + left.length === 0 && !counts && !unused) return;
      // Of a device that is left out the counts are as before: the machine reads an absent count so for that sync alone.
      const events = await this.device.machine.receiveSyncChangesMsc4186(
        JSON.stringify(own.map(({ sender, type, content }) => ({ sender, type, content }))),
        new DeviceLists(changed.map(toUserId), left.map(toUserId)),
        new Map(Object.entries(counts ?? {})),
        unused && new Set(unused),
      );
      assert.equal(events.length, own.length);
      for (const [index, event] of events.entries()) this.#note(event, own[index]!);
      if (this.isActive) await this.device.sendOutgoingRequests();
    });
  }

  #note(event: ProcessedToDeviceEvent, message: PushedMessage): void {
    if (event.type === ProcessedToDeviceEventType.Decrypted) {
      this.heard.push(JSON.parse((event as DecryptedToDeviceEvent).rawEvent) as Decrypted);
    } else {
      assert.equal(event.type, ProcessedToDeviceEventType.PlainText, `${this.userId} cannot read a message`);
      this.plain.push(message);
    }
  }
}

function toUserId(userId: string): UserId {
  return new UserId(userId);
}

/** S1: where a device is told, it is told an explicit zero. */
function signedKeys(counts: Readonly<Record<string, number>>): number {
  assert.equal(typeof counts["signed_curve25519"], "number", "S1: signed_curve25519 is always counted");
  return counts["signed_curve25519"]!;
}
