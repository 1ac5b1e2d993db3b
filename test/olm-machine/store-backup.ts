import {
  createCipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import {
  BaseMigrationData,
  DeviceId,
  initAsync,
  Migration,
  OlmMachine,
  StoreHandle,
  UserId,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Account } from "../../examples/matrix-client.ts";

/** A device's store as it was at one moment; it can be restored any number of times, each into a store of its own. */
export interface StoreBackup {
  readonly pickledAccount: string;
  readonly pickleKey: Buffer;
}

/** A backup of a device that has made one-time keys with the ids 1 to `oneTimeKeys` and uploaded nothing. */
export function makeBackup(oneTimeKeys: number): StoreBackup {
  const pickleKey = randomBytes(32);
  const pickle = Buffer.concat([
    uint32(4),
    signingKeyPair(),
    x25519KeyPair(),
    uint32(oneTimeKeys),
    ...Array.from({ length: oneTimeKeys }, (_, index) =>
      Buffer.concat([uint32(index + 1), notPublished, x25519KeyPair()]),
    ),
    noFallbackKeys,
    uint32(oneTimeKeys),
  ]);
  return { pickledAccount: encryptPickle(pickle, pickleKey), pickleKey };
}

/** An OlmMachine that goes on from the backup. */
export async function restore(backup: StoreBackup, { userId, deviceId }: Account): Promise<OlmMachine> {
  await initAsync();
  const data = new BaseMigrationData();
  data.userId = new UserId(userId);
  data.deviceId = new DeviceId(deviceId);
  data.pickledAccount = backup.pickledAccount;
  const store = await StoreHandle.open(null, null);
  await Migration.migrateBaseData(data, backup.pickleKey, store);
  return OlmMachine.initFromStore(new UserId(userId), new DeviceId(deviceId), store);
}

// The format is that of libolm, which OlmMachine imports:
// https://gitlab.matrix.org/matrix-org/olm/-/blob/3.2.16/src/pickle_encoding.c and src/account.cpp, version 4.
const notPublished = Buffer.of(0);
const noFallbackKeys = Buffer.of(0);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The public key, then the private key in its expanded form. */
function signingKeyPair(): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const expanded = createHash("sha512").update(keyBytes(privateKey, "d")).digest();
  expanded[0]! &= 248;
  expanded[31]! = (expanded[31]! & 63) | 64;
  return Buffer.concat([keyBytes(publicKey, "x"), expanded]);
}

function x25519KeyPair(): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return Buffer.concat([keyBytes(publicKey, "x"), keyBytes(privateKey, "d")]);
}

function keyBytes(key: KeyObject, member: "x" | "d"): Buffer {
  return Buffer.from(key.export({ format: "jwk" })[member]!, "base64url");
}

function encryptPickle(pickle: Buffer, pickleKey: Buffer): string {
  const keys = Buffer.from(hkdfSync("sha256", pickleKey, Buffer.of(0), "Pickle", 80));
  const cipher = createCipheriv("aes-256-cbc", keys.subarray(0, 32), keys.subarray(64));
  const encrypted = Buffer.concat([cipher.update(pickle), cipher.final()]);
  const mac = createHmac("sha256", keys.subarray(32, 64)).update(encrypted).digest().subarray(0, 8);
  return Buffer.concat([encrypted, mac]).toString("base64").replaceAll("=", "");
}
