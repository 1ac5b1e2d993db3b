import assert from "node:assert/strict";
import type { Json, PlayedServer } from "../federation/played-servers.ts";
import { ask } from "./federated-house.ts";

/** What is known of a device: its keys and name. */
type Known = { readonly keys: Json; readonly name: string | undefined };

/**
 * What a server knows of another's user, kept as the specification says: updates are taken that follow on what is known,
 * and where one is missing the whole list is fetched.
 * https://spec.matrix.org/v1.19/server-server-api/#device-management
 */
export class FollowedDeviceList {
  readonly userId: string;
  readonly devices = new Map<string, Known>();
  masterKey: Json;
  selfSigningKey: Json;
  /** How often an update did not follow on what was known. */
  gaps = 0;
  /** Every stream id that was told, by updates and lists. */
  readonly told = new Set<number>();
  /** The update before each update. */
  readonly previous: number[][] = [];
  readonly #by: PlayedServer;
  readonly #url: () => string;
  #streamId = 0;
  #isDue = false;
  #fetching: Promise<void> | undefined;
  #heardMeanwhile: Json[] = [];

  /** `url`: of any process of the user's server. */
  constructor(by: PlayedServer, userId: string, url: () => string) {
    this.#by = by;
    this.userId = userId;
    this.#url = url;
  }

  /** An EDU about this user. */
  hear(type: string, content: Json): void {
    if (type === "m.signing_key_update") {
      this.masterKey = content.master_key;
      this.selfSigningKey = content.self_signing_key;
      return;
    }
    assert.equal(type, "m.device_list_update");
    this.told.add(content.stream_id);
    this.previous.push(content.prev_id ?? []);
    if (this.#fetching) this.#heardMeanwhile.push(content);
    else this.#take(content);
  }

  /** Resolves when the list is fetched, also where somebody else was fetching it. */
  fetch(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
      for (const content of this.#heardMeanwhile.splice(0)) {
        if (this.#fetching) this.#heardMeanwhile.push(content);
        else this.#take(content);
      }
    });
    return this.#fetching;
  }

  /** Asks for the list, and the answer is lost on the way: its server takes it for told. It is asked again some time. */
  async fetchInVain(): Promise<void> {
    this.#isDue = true;
    this.told.add((await this.#ask()).stream_id);
  }

  /** Nothing is to be fetched any more. */
  async settled(): Promise<void> {
    if (this.#isDue) await this.fetch();
    while (this.#fetching) await this.#fetching;
  }

  /** The list as a fetch would give it. */
  get snapshot(): Json {
    const devices = [...this.devices].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return { devices, masterKey: this.masterKey, selfSigningKey: this.selfSigningKey };
  }

  #take(content: Json): void {
    const { device_id: deviceId, stream_id: streamId, prev_id: previous = [], deleted, keys } = content;
    // From before the list that is known.
    if (streamId <= this.#streamId) return;
    if (previous.length !== 1 || previous[0] !== this.#streamId) {
      this.gaps++;
      void this.fetch();
      return;
    }
    this.#streamId = streamId;
    if (deleted || keys === undefined) this.devices.delete(deviceId);
    else this.devices.set(deviceId, { keys: bare(keys), name: content.device_display_name });
  }

  async #fetch(): Promise<void> {
    this.#isDue = false;
    const body = await this.#ask();
    this.told.add(body.stream_id);
    this.#streamId = body.stream_id;
    this.devices.clear();
    for (const { device_id: deviceId, keys, device_display_name: name } of body.devices) {
      this.devices.set(deviceId, { keys: bare(keys), name });
    }
    this.masterKey = body.master_key;
    this.selfSigningKey = body.self_signing_key;
  }

  async #ask(): Promise<Json> {
    const path = `/user/devices/${encodeURIComponent(this.userId)}`;
    const { status, body } = await ask(this.#by, this.#url(), "GET", path);
    assert.equal(status, 200);
    return body;
  }
}

/** The name stands beside them. */
function bare({ unsigned: _, ...keys }: Json): Json {
  return keys;
}
