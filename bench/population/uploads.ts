import { digestOfPublicKey } from "../../src/protocol/keys/one-time-key.ts";
import type { LoadRequest } from "../load/requests-file.ts";
import type { SqlValue } from "../tracing/traced-statement.ts";
import { deviceAt, digestOfToken, privateKeyOf } from "./identities.ts";
import { oneTimeKey } from "./key-objects.ts";

/** What clients upload at once. */
export const keysPerUpload = 50;

export interface Upload {
  readonly request: LoadRequest;
  /** What differs from upload to upload in the statements. */
  readonly subject: SqlValue[];
}

/** Devices that upload in turn: often enough that all uploads find room in their pools. */
export const uploaders = 2_000;

/** Uploads one after another: new keys of the next device in turn, rightly signed. */
export function uploadOf(index: number): Upload {
  const device = deviceAt(index % uploaders);
  const first = Math.floor(index / uploaders) * keysPerUpload + 1;
  const signingKey = privateKeyOf(device.deviceId);
  const subject: SqlValue[] = [digestOfToken(device), device.userId, device.deviceId];
  const members: string[] = [];
  for (let number = first; number < first + keysPerUpload; number++) {
    const { keyId, publicKey, json } = oneTimeKey(device, number, signingKey);
    members.push(`${JSON.stringify(keyId)}:${json}`);
    // A device's keys are numbered as the server orders them.
    subject.push(keyId, json, digestOfPublicKey("signed_curve25519", publicKey), number);
  }
  const body = `{"one_time_keys":{${members.join(",")}}}`;
  const { accessToken } = device;
  return { request: { method: "POST", path: "/_matrix/client/v3/keys/upload", accessToken, body }, subject };
}
