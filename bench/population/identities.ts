import { createHash, createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import { encodeUnpaddedBase64 } from "../../src/protocol/unpadded-base64.ts";

export const serverName = "bench.example";
export const password = "correct horse battery staple";

/** How many there are in the population of all benchmarks. */
export const users = 5_000;
export const devicesPerUser = 3;

export interface Device {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

export function userIdOf(user: number): string {
  return `@person-${String(user).padStart(5, "0")}:${serverName}`;
}

/** The devices of everybody, the first ones of all users before anybody's second. */
export function deviceAt(index: number): Device {
  const user = index % users;
  const number = Math.floor(index / users);
  const letters = createHash("sha256").update(`device ${user} ${number}`).digest();
  const deviceId = Array.from(letters.subarray(0, 10), (byte) => String.fromCharCode(65 + (byte % 26))).join("");
  return { userId: userIdOf(user), deviceId, accessToken: `bench-${user}-${number}-${letters.toString("base64url")}` };
}

export const deviceCount = users * devicesPerUser;

/** As the server keeps it. */
export function digestOfToken({ accessToken }: Device): Buffer {
  return hash("sha256", accessToken, "buffer");
}

/** What stands before the 32 bytes of an ed25519 private key in DER (PKCS #8, RFC 8410). */
const derPrefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** The same private key for the same name in every process. */
export function privateKeyOf(name: string): KeyObject {
  const seed = hash("sha256", `ed25519 ${name}`, "buffer");
  return createPrivateKey({ key: Buffer.concat([derPrefix, seed]), format: "der", type: "pkcs8" });
}

export function publicKeyText(privateKey: KeyObject): string {
  return encodeUnpaddedBase64(createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32));
}

/** Text that looks as a key or signature of so many bytes does, the same for the same name. */
export function opaqueText(name: string, bytes: 32 | 64): string {
  return encodeUnpaddedBase64(hash(bytes === 32 ? "sha256" : "sha512", name, "buffer"));
}
