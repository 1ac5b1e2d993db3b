import { createHash } from "node:crypto";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import { type DeviceListUpdate, parseEdu, type SigningKeyUpdate } from "../../../src/protocol/federation/edu.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { encodeUnpaddedBase64 } from "../../../src/protocol/unpadded-base64.ts";

export const other = "other.test" as ServerName;
export const carol = "@carol:other.test" as UserId;

export type KeyUpdate = DeviceListUpdate | SigningKeyUpdate;

/** The server of a user whose devices change, and which tells of it as the specification has it. */
export class OtherServer {
  readonly userId: UserId;
  /** Ms for which it says that it tells of changes; `undefined`: it says nothing. */
  followedFor: number | undefined = 30 * 24 * 3600_000;
  streamId = 100;
  /** Of each device: what its keys are made of. */
  readonly devices = new Map<string, string>();
  readonly crossSigning = new Map<"master" | "self_signing", string>();
  #told: number | undefined;

  constructor(userId = carol) {
    this.userId = userId;
  }

  setDevice(deviceId: string, seed: string): DeviceListUpdate {
    this.devices.set(deviceId, seed);
    return this.#tell(deviceId, {
      ...{ keys: this.deviceKeys(deviceId, seed), device_display_name: `${deviceId} of ${seed}` },
    });
  }

  removeDevice(deviceId: string): DeviceListUpdate {
    this.devices.delete(deviceId);
    return this.#tell(deviceId, { deleted: true });
  }

  setCrossSigning(seed: string): SigningKeyUpdate {
    this.crossSigning.set("master", `master ${seed}`).set("self_signing", `self ${seed}`);
    this.streamId++;
    const content = { user_id: this.userId, ...this.#crossSigningKeys() };
    return parseEdu({ edu_type: "m.signing_key_update", content }) as SigningKeyUpdate;
  }

  /** What it answers to `GET /user/devices/{userId}`. */
  answer(now: number): RemoteAnswer & { body: JsonObject } {
    this.#told = this.streamId;
    const devices = [...this.devices].map(([deviceId, seed]) => ({
      ...{ device_id: deviceId, keys: this.deviceKeys(deviceId, seed) },
      device_display_name: `${deviceId} of ${seed}`,
    }));
    const promise = this.followedFor === undefined ? {} : { "io.claviger.followed_until": now + this.followedFor };
    const { streamId, userId } = this;
    return { body: { user_id: userId, stream_id: streamId, devices, ...this.#crossSigningKeys(), ...promise } };
  }

  deviceKeys(deviceId: string, seed: string): JsonObject {
    const keys = {
      [`ed25519:${deviceId}`]: publicKey(`ed ${seed}`),
      [`curve25519:${deviceId}`]: publicKey(`c ${seed}`),
    };
    const signatures = { [this.userId]: { [`ed25519:${deviceId}`]: "c2lnbmF0dXJl" } };
    return { user_id: this.userId, device_id: deviceId, algorithms: ["m.megolm.v1.aes-sha2"], keys, signatures };
  }

  #crossSigningKeys(): JsonObject {
    const keys = [...this.crossSigning].map(([usage, seed]) => {
      const key = publicKey(seed);
      return [`${usage}_key`, { user_id: this.userId, usage: [usage], keys: { [`ed25519:${key}`]: key } }];
    });
    return Object.fromEntries(keys) as JsonObject;
  }

  #tell(deviceId: string, so: JsonObject): DeviceListUpdate {
    const prev_id = this.#told === undefined ? [] : [this.#told];
    this.#told = ++this.streamId;
    const content = { user_id: this.userId, device_id: deviceId, stream_id: this.streamId, prev_id, ...so };
    return parseEdu({ edu_type: "m.device_list_update", content }) as DeviceListUpdate;
  }
}

/** 32 bytes that look like any public key. */
export function publicKey(seed: string): string {
  return encodeUnpaddedBase64(createHash("sha256").update(seed).digest());
}
