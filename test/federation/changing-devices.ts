import assert from "node:assert/strict";
import { below, pick, type Random } from "../races/key-requests.ts";
import { Client } from "../support/client.ts";
import { KeyedDevice } from "../support/signed-keys.ts";
import { login } from "../support/test-server.ts";

/** A user whose devices come, go, are renamed and get other keys. The first one stays as it is. */
export class ChangingDevices {
  readonly first: Client;
  readonly #localpart: string;
  readonly #random: Random;
  readonly #others: Client[] = [];
  /** Each device that there has ever been, by id. */
  readonly everSeen = new Set<string>();

  constructor(first: Client, localpart: string, random: Random) {
    this.first = first;
    this.#localpart = localpart;
    this.#random = random;
    this.everSeen.add(first.deviceId);
  }

  get userId(): string {
    return this.first.userId;
  }

  /** One change. */
  async change(): Promise<void> {
    const kind = below(this.#random, 4);
    if (kind === 0 || this.#others.length < 2) await this.#add();
    else if (kind === 1) await this.#remove();
    else if (kind === 2) await this.#rename();
    else await this.#replaceKeys();
  }

  async #add(): Promise<void> {
    const device = new Client(this.first.url, await login(this.first.url, this.#localpart));
    this.#others.push(device);
    this.everSeen.add(device.deviceId);
    await upload(device, device.keys);
  }

  async #remove(): Promise<void> {
    const device = pick(this.#random, this.#others);
    this.#others.splice(this.#others.indexOf(device), 1);
    assert.equal((await device.post("/logout", {})).status, 200);
  }

  async #rename(): Promise<void> {
    const device = pick(this.#random, this.#others);
    const name = `Name ${below(this.#random, 1000)}`;
    const { status } = await this.first.request("PUT", `/devices/${device.deviceId}`, { display_name: name });
    assert.equal(status, 200);
  }

  async #replaceKeys(): Promise<void> {
    const device = pick(this.#random, this.#others);
    const { status } = await device.upload({ device_keys: new KeyedDevice(device).deviceKeys() });
    assert.equal(status, 200, "K9");
  }
}

/** Device keys, five one-time keys and a fallback key. */
export async function upload(client: Client, keys: KeyedDevice): Promise<void> {
  const { status, body } = await client.upload({
    device_keys: keys.deviceKeys(),
    one_time_keys: keys.oneTimeKeys(5),
    fallback_keys: keys.fallbackKey(),
  });
  assert.equal(status, 200, JSON.stringify(body));
}
