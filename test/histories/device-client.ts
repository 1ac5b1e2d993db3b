import type { Account } from "../../examples/matrix-client.ts";
import { below, pick, type Random } from "../races/key-requests.ts";
import type { Gateway, SettledAnswer } from "./gateway.ts";
import {
  accountDataRegister,
  type Claim,
  type DeviceName,
  deviceKeysRegister,
  type NamedKey,
  type Sync,
  userOf,
} from "./history.ts";
import type { Recorder } from "./recorder.ts";

const algorithm = "signed_curve25519";
const messageType = "com.example.history";

/** To whom a message goes: a device, or all of a user's. */
export type Recipient = { readonly device: DeviceName } | { readonly allOf: string };

/** One device: it does one thing after the other, apart from its syncs, and writes everything down. */
export class DeviceClient {
  readonly name: DeviceName;
  readonly userId: string;
  readonly token: string;
  /** What it was told last of its pool. */
  count = 0;
  readonly #deviceId: string;
  readonly #gateway: Gateway;
  readonly #recorder: Recorder;
  readonly #random: Random;
  readonly #uploads: (readonly NamedKey[])[] = [];
  readonly #sync: { since: string | undefined; next: string | undefined } = { since: undefined, next: undefined };
  #names = 0;
  #version = 0;
  #fallbackKeys = 0;
  #transactions = 0;
  #values = 0;

  constructor(account: Account, gateway: Gateway, recorder: Recorder, random: Random) {
    this.userId = account.userId;
    this.#deviceId = account.deviceId;
    this.name = `${account.userId} ${account.deviceId}`;
    this.token = account.accessToken;
    this.#gateway = gateway;
    this.#recorder = recorder;
    this.#random = random;
  }

  async uploadFreshKeys(least = 1): Promise<void> {
    const keys = this.#freshKeys(least + below(this.#random, 15));
    this.#uploads.push(keys);
    const fallbackKey = this.#random() < 0.2 ? this.#freshFallbackKey() : undefined;
    await this.#upload({ oneTimeKeys: keys, ...(fallbackKey && { fallbackKey }) });
  }

  /** As a client does that has missed the answer, or was restored from a backup. */
  async uploadOldKeys(): Promise<void> {
    if (this.#uploads.length === 0) return this.uploadFreshKeys();
    await this.#upload({ oneTimeKeys: pick(this.#random, this.#uploads) });
  }

  /** New keys, one of them under an id that was used before. */
  async uploadClashingKeys(): Promise<void> {
    if (this.#uploads.length === 0) return this.uploadFreshKeys();
    const [used] = pick(this.#random, this.#uploads.slice(-3));
    const keys = this.#freshKeys(3).map((key, index) => (index === 1 && used ? { ...key, id: used.id } : key));
    this.#uploads.push(keys);
    await this.#upload({ oneTimeKeys: keys });
  }

  async uploadDeviceKeys(): Promise<void> {
    await this.#upload({ oneTimeKeys: [], version: `v${++this.#version}` });
  }

  /** Never sent again: whoever has missed the answer claims once more, and another key. */
  async claim(targets: readonly DeviceName[]): Promise<Claim> {
    const wanted: Record<string, Record<string, string>> = {};
    for (const device of targets) {
      const userId = userOf(device);
      wanted[userId] = { ...wanted[userId], [device.slice(userId.length + 1)]: algorithm };
    }
    const call = { method: "POST", path: "/keys/claim", token: this.token, body: { one_time_keys: wanted } } as const;
    const { answer, began, ended } = await this.#gateway.ask(call);
    const given = targets.map((device): NamedKey | undefined => {
      const userId = userOf(device);
      const found = answer?.body.one_time_keys?.[userId]?.[device.slice(userId.length + 1)];
      const [entry] = Object.entries<{ key: string }>(found ?? {});
      return entry && { id: entry[0], key: entry[1].key };
    });
    const claim: Claim = { kind: "claim", targets, given: answer && given, began, ended, endedAt: performance.now() };
    this.#recorder.add(claim);
    return claim;
  }

  /** `twice`: at once, as after a timeout that was too short. */
  async send(recipients: readonly Recipient[], devicesOf: (userId: string) => readonly DeviceName[], twice = false) {
    const message = this.#recorder.message();
    const messages: Record<string, Record<string, object>> = {};
    const reached = new Set<DeviceName>();
    for (const recipient of recipients) {
      const userId = "device" in recipient ? userOf(recipient.device) : recipient.allOf;
      // A device beside `*` would get it twice.
      if (messages[userId]?.["*"]) continue;
      if ("device" in recipient) {
        messages[userId] = { ...messages[userId], [recipient.device.slice(userId.length + 1)]: { message } };
        reached.add(recipient.device);
      } else {
        messages[userId] = { "*": { message } };
        for (const device of devicesOf(userId)) reached.add(device);
      }
    }
    const path = `/sendToDevice/${messageType}/txn${this.#transactions++}`;
    const call = { method: "PUT", path, token: this.token, body: { messages } } as const;
    const answers = await Promise.all(Array.from({ length: twice ? 2 : 1 }, () => this.#gateway.settle(call)));
    const began = Math.min(...answers.map(({ firstBegan }) => firstBegan));
    const ended = Math.min(...answers.map((answer) => answer.ended));
    const sent = { message, sender: this.userId, recipients: [...reached], endedAt: performance.now() };
    this.#recorder.add({ kind: "send", ...sent, began, ended });
    return message;
  }

  /** Goes on from its last answer. @param timeout how long it waits for news, in ms */
  async syncOn(timeout = 0): Promise<Sync> {
    return this.#syncFrom(this.#sync.next, timeout);
  }

  /** As a client that died before it had stored the answer. */
  async syncAgain(): Promise<void> {
    await this.#syncFrom(this.#sync.since, 0);
  }

  /** Twice at once: as a client that gave up waiting for the first. */
  async syncAtOnce(): Promise<void> {
    const since = this.#sync.next;
    await Promise.all([this.#syncFrom(since, 0), this.#syncFrom(since, 0)]);
  }

  /** Gives the value. */
  async putAccountData(type: string): Promise<string> {
    const value = `${this.#deviceId} ${this.#values++}`;
    const path = `/user/${encodeURIComponent(this.userId)}/account_data/${type}`;
    const { firstBegan, ended } = await this.#settle("PUT", path, { value });
    const register = accountDataRegister(this.userId, type);
    this.#recorder.add({ kind: "write", register, value, began: firstBegan, ended, endedAt: performance.now() });
    return value;
  }

  async getAccountData(type: string): Promise<void> {
    const path = `/user/${encodeURIComponent(this.userId)}/account_data/${type}`;
    const { status, body, began, ended } = await this.#settle("GET", path, undefined, [404]);
    const value = status === 404 ? undefined : String(body.value);
    this.#recorder.add({ kind: "read", register: accountDataRegister(this.userId, type), value, began, ended });
  }

  /** Reads the device keys of all devices of these users. */
  async query(userIds: readonly string[], devicesOf: (userId: string) => readonly DeviceName[]): Promise<void> {
    const wanted = Object.fromEntries(userIds.map((userId) => [userId, []]));
    const { body, began, ended } = await this.#settle("POST", "/keys/query", { device_keys: wanted });
    for (const userId of userIds) {
      for (const device of devicesOf(userId)) {
        const version = body.device_keys?.[userId]?.[device.slice(userId.length + 1)]?.["com.example.version"];
        this.#recorder.add({ kind: "read", register: deviceKeysRegister(device), value: version, began, ended });
      }
    }
  }

  async #upload(upload: { oneTimeKeys: readonly NamedKey[]; version?: string; fallbackKey?: NamedKey }): Promise<void> {
    const { oneTimeKeys, version, fallbackKey } = upload;
    const body = {
      one_time_keys: Object.fromEntries(oneTimeKeys.map(({ id, key }) => [id, { key, signatures: {} }])),
      ...(version !== undefined && { device_keys: this.#deviceKeys(version) }),
      ...(fallbackKey && {
        fallback_keys: { [fallbackKey.id]: { key: fallbackKey.key, fallback: true, signatures: {} } },
      }),
    };
    const { status, body: answer, firstBegan, ended } = await this.#settle("POST", "/keys/upload", body, [400]);
    const interval = { began: firstBegan, ended, endedAt: performance.now() };
    if (status === 200) this.count = answer.one_time_key_counts[algorithm];
    else if (!String(answer.errcode).includes("DUPLICATE_ONE_TIME_KEY")) {
      this.#recorder.add({ kind: "mishap", what: `an upload was refused: ${JSON.stringify(answer)}`, ...interval });
      return;
    }
    const outcome = status === 200 ? "stored" : "clash";
    this.#recorder.add({ kind: "upload", device: this.name, ...upload, outcome, ...interval });
  }

  #deviceKeys(version: string): object {
    const id = this.#deviceId;
    const keys = { [`curve25519:${id}`]: `curve of ${this.name}`, [`ed25519:${id}`]: `ed of ${this.name}` };
    const names = { user_id: this.userId, device_id: id };
    return { ...names, algorithms: [], keys, signatures: {}, "com.example.version": version };
  }

  #freshKeys(count: number): NamedKey[] {
    return Array.from({ length: count }, () => {
      const number = this.#names++;
      return { id: `${algorithm}:K${number}`, key: `key ${number} of ${this.name}` };
    });
  }

  #freshFallbackKey(): NamedKey {
    const number = this.#fallbackKeys++;
    return { id: `${algorithm}:F${number}`, key: `fallback key ${number} of ${this.name}` };
  }

  async #syncFrom(since: string | undefined, timeout: number): Promise<Sync> {
    const query = new URLSearchParams({ timeout: String(timeout), ...(since !== undefined && { since }) });
    const { body, began, ended, took } = await this.#settle("GET", `/sync?${query}`);
    const sync: Sync = {
      ...{ kind: "sync", device: this.name, since, next: body.next_batch, began, ended },
      messages: (body.to_device?.events ?? []).map(({ sender, content }: { sender: string; content: object }) => {
        return { sender, message: (content as { message: number }).message };
      }),
      changed: body.device_lists?.changed ?? [],
      accountData: (body.account_data?.events ?? []).map(
        ({ type, content }: { type: string; content: { value: string } }) => [type, content.value] as const,
      ),
      count: body.device_one_time_keys_count?.[algorithm] ?? Number.NaN,
      ...{ timeout, timedOut: timeout > 0 && took >= timeout, endedAt: performance.now() },
    };
    this.count = sync.count;
    this.#sync.since = since;
    this.#sync.next = sync.next;
    this.#recorder.add(sync);
    return sync;
  }

  #settle(
    method: "GET" | "POST" | "PUT",
    path: string,
    body?: object,
    expected: readonly number[] = [],
  ): Promise<SettledAnswer> {
    return this.#gateway.settle({ method, path, token: this.token, expected, ...(body && { body }) });
  }
}
