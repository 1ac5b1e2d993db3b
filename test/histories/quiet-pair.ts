import { setTimeout as sleep } from "node:timers/promises";
import { pick, type Random } from "../races/key-requests.ts";
import type { DeviceClient } from "./device-client.ts";
import type { Sync } from "./history.ts";

/** In ms: then the wake was lost, as the checker will say. */
const longestWait = 60_000;

/**
 * A device that waits in syncs and of which nobody but its friend wants anything: only what the friend does can wake it, so
 * that no other wake hides one that was lost.
 */
export class QuietPair {
  readonly listener: DeviceClient;
  readonly friend: DeviceClient;
  readonly #random: Random;
  #heard: Sync[] = [];
  #told = Promise.withResolvers<void>();

  constructor(listener: DeviceClient, friend: DeviceClient, random: Random) {
    this.listener = listener;
    this.friend = friend;
    this.#random = random;
  }

  /** Each answer that the listener gets. */
  hear(sync: Sync): void {
    this.#heard.push(sync);
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }

  /** Does one thing after the other, each when the one before has reached the listener, until it is told to stop. */
  async keepWaking(pause: () => Promise<void>, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      this.#heard = [];
      const isThere = await pick(this.#random, [this.#send, this.#claim, this.#put, this.#change])();
      if (isThere) await this.#until(isThere);
      await pause();
    }
  }

  readonly #send = async () => {
    const message = await this.friend.send([{ device: this.listener.name }], () => []);
    return ({ messages }: Sync) => messages.some((one) => one.message === message);
  };

  readonly #claim = async () => {
    // More keys than one: a claim must not bring back the count that was told before the upload, which wakes nobody.
    if (this.listener.count < 3) await this.listener.uploadFreshKeys(5);
    this.#heard = [];
    const { given, began } = await this.friend.claim([this.listener.name]);
    // Nobody knows what has become of an unanswered claim; and an empty pool wakes nobody.
    if (!given?.[0]?.key.startsWith("key ")) return undefined;
    return ({ ended }: Sync) => ended > began;
  };

  readonly #put = async () => {
    const written = await this.listener.putAccountData("com.example.quiet");
    return ({ accountData }: Sync) => accountData.some(([, value]) => value === written);
  };

  readonly #change = async () => {
    await this.friend.uploadDeviceKeys();
    return ({ changed }: Sync) => changed.includes(this.friend.userId);
  };

  async #until(isThere: (sync: Sync) => boolean): Promise<void> {
    const deadline = performance.now() + longestWait;
    while (!this.#heard.some(isThere)) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      const waiting = new AbortController();
      await Promise.race([
        this.#told.promise,
        sleep(left, undefined, { signal: waiting.signal }).catch(() => undefined),
      ]);
      waiting.abort();
    }
  }
}
