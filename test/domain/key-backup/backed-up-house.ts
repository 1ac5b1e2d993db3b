import type { Requester } from "../../../src/domain/kernel/requester.ts";
import { createBackup } from "../../../src/domain/key-backup/create-backup.ts";
import type { GivenKey } from "../../../src/domain/key-backup/given-key.ts";
import type { BackedUpKey, KeyRank } from "../../../src/domain/key-backup/key-backup-store.ts";
import { readRoomKeys } from "../../../src/domain/key-backup/read-room-keys.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { type House, newUser } from "../open-house.ts";

export const room = "!room:example.org";
export const algorithm = "m.megolm_backup.v1.curve25519-aes-sha2";

/** A new user with the device PHONE, and one backup. */
export async function houseWithBackup(house: House, localpart = "alice") {
  const userId = await newUser(house, localpart);
  const deviceId = "PHONE" as DeviceId;
  await house.unitOfWork.run({ exclusive: [userId] }, ({ devices }) =>
    devices.add({ userId, deviceId }, undefined, { at: 0, ip: "192.0.2.1" }),
  );
  const requester: Requester = { userId, deviceId, accessTokenDigest: Buffer.alloc(32) };
  return { requester, version: await createBackup(house, requester, { algorithm, authData: {} }) };
}

const worst: KeyRank = { isVerified: false, firstMessageIndex: 0, forwardedCount: 0 };

/** As a request has it. */
export function given(roomId: string, sessionId: string, rank = worst, sessionData: JsonObject = {}): GivenKey {
  const key = {
    ...{ is_verified: rank.isVerified, first_message_index: rank.firstMessageIndex },
    ...{ forwarded_count: rank.forwardedCount, session_data: sessionData },
  };
  return { roomId, sessionId, key };
}

/** What all pages have. */
export async function allKeys(house: House, requester: Requester, version: string): Promise<BackedUpKey[]> {
  const keys: BackedUpKey[] = [];
  for await (const page of await readRoomKeys(house, requester, { version })) keys.push(...page);
  return keys;
}
