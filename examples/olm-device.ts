import {
  type DecryptedToDeviceEvent,
  DeviceId,
  DeviceLists,
  initAsync,
  OlmMachine,
  type OutgoingRequest,
  ProcessedToDeviceEventType,
  RequestType,
  type ToDeviceRequest,
  UserId,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { MatrixClient } from "./matrix-client.ts";

/** The parts of an answer to `/sync` that keys are about. */
export interface SyncAnswer {
  readonly next_batch: string;
  readonly to_device?: { readonly events: readonly object[] };
  readonly device_lists?: { readonly changed?: readonly string[]; readonly left?: readonly string[] };
  readonly device_one_time_keys_count: Readonly<Record<string, number>>;
  readonly device_unused_fallback_key_types: readonly string[];
}

/** A to-device message that arrived encrypted. */
export interface Decrypted {
  readonly sender: string;
  readonly type: string;
  readonly content: Record<string, unknown>;
}

export interface Synced {
  readonly answer: SyncAnswer;
  readonly decrypted: readonly Decrypted[];
  /** How many encrypted messages could not be read. */
  readonly unreadable: number;
}

/**
 * A device with end-to-end encryption: the state machine of matrix-rust-sdk, which does no I/O, and the client that
 * carries its requests. Its keys live in memory. An object that is passed to the machine inside an array is consumed
 * by it, so user ids are made anew for each call.
 */
export class OlmDevice {
  readonly client: MatrixClient;
  readonly machine: OlmMachine;
  #since: string | undefined;
  #transaction = 0;

  constructor(client: MatrixClient, machine: OlmMachine) {
    this.client = client;
    this.machine = machine;
  }

  /** Makes the keys of a device; nothing is uploaded yet. */
  static async create(client: MatrixClient): Promise<OlmDevice> {
    await initAsync();
    const { userId, deviceId } = client.account;
    return new OlmDevice(client, await OlmMachine.initialize(new UserId(userId), new DeviceId(deviceId)));
  }

  /** Sends what the machine wants to send: keys to upload, users to query. */
  async sendOutgoingRequests(): Promise<void> {
    for (const request of await this.machine.outgoingRequests()) await this.deliver(request);
  }

  /** Sends one request of the machine and tells it the answer. */
  async deliver(request: OutgoingRequest): Promise<void> {
    const [method, path] = endpointOf(request);
    const answer = await this.client.send(method, path, request.body);
    // Only the requests of a cross-signing bootstrap have no id: the machine does not wait for their answers.
    if (request.id !== undefined) await this.machine.markRequestAsSent(request.id, request.type, answer);
  }

  /** One `/sync`, the first of which answers at once. What it makes the machine want to send is not sent yet. */
  async sync(timeout = 0): Promise<Synced> {
    const since = this.#since === undefined ? "" : `&since=${encodeURIComponent(this.#since)}`;
    const answer = JSON.parse(await this.client.send("GET", `/sync?timeout=${timeout}${since}`)) as SyncAnswer;
    const events = await this.machine.receiveSyncChanges(
      JSON.stringify(answer.to_device?.events ?? []),
      new DeviceLists(userIds(answer.device_lists?.changed), userIds(answer.device_lists?.left)),
      new Map(Object.entries(answer.device_one_time_keys_count)),
      new Set(answer.device_unused_fallback_key_types),
    );
    this.#since = answer.next_batch;
    const readable = events.filter((event) => event.type === ProcessedToDeviceEventType.Decrypted);
    return {
      answer,
      decrypted: readable.map((event) => JSON.parse((event as DecryptedToDeviceEvent).rawEvent) as Decrypted),
      unreadable: events.filter((event) => event.type === ProcessedToDeviceEventType.UnableToDecrypt).length,
    };
  }

  /** Learns the devices of users, and their identities. */
  async learnDevices(...users: readonly string[]): Promise<void> {
    await this.machine.updateTrackedUsers(userIds(users));
    await this.sendOutgoingRequests();
  }

  /** Claims a one-time key for each device of the users to which there is no session yet. */
  async claimMissingSessions(...users: readonly string[]): Promise<void> {
    const request = await this.machine.getMissingSessions(userIds(users));
    if (request !== null && request !== undefined) await this.deliver(request);
  }

  /** The `content` of an `m.room.encrypted` event for one device; there has to be a session. */
  async encrypt(userId: string, deviceId: string, type: string, content: object): Promise<object> {
    const device = await this.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
    if (device === undefined) throw new Error(`${userId} has no device ${deviceId}`);
    return JSON.parse(await device.encryptToDeviceEvent(type, content));
  }

  /** Sends an encrypted content to the one device that it is for. */
  async sendEncrypted(userId: string, deviceId: string, encrypted: object): Promise<void> {
    this.#transaction += 1;
    const path = `/sendToDevice/m.room.encrypted/${this.#transaction}`;
    await this.client.send("PUT", path, { messages: { [userId]: { [deviceId]: encrypted } } });
  }
}

function userIds(users: readonly string[] = []): UserId[] {
  return users.map((user) => new UserId(user));
}

function endpointOf(request: OutgoingRequest): ["PUT" | "POST", string] {
  switch (request.type) {
    case RequestType.KeysUpload:
      return ["POST", "/keys/upload"];
    case RequestType.KeysQuery:
      return ["POST", "/keys/query"];
    case RequestType.KeysClaim:
      return ["POST", "/keys/claim"];
    case RequestType.SignatureUpload:
      return ["POST", "/keys/signatures/upload"];
    case RequestType.ToDevice: {
      const { event_type, txn_id } = request as ToDeviceRequest;
      return ["PUT", `/sendToDevice/${encodeURIComponent(event_type)}/${encodeURIComponent(txn_id)}`];
    }
    default:
      throw new Error(`a device without rooms and backup sends no ${RequestType[request.type]}`);
  }
}
