import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../domain/kernel/random.ts";
import { decodeUnpaddedBase64, encodeUnpaddedBase64 } from "../../protocol/unpadded-base64.ts";

/** The key that this server signs with. https://spec.matrix.org/v1.19/server-server-api/#publishing-keys */
export interface SigningKey {
  /** `ed25519:` and the key's version. */
  readonly keyId: string;
  /** Unpadded base64. */
  readonly publicKey: string;
  /** The signature over these bytes, unpadded base64. */
  sign(bytes: Uint8Array): string;
}

/** The file is not what it should be: one line for the operator. */
export class SigningKeyFileError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "SigningKeyFileError";
  }
}

/**
 * Loads `signing.key` of `data_dir`, in the form of other Matrix servers: `ed25519 a_xxxx <seed in unpadded base64>`.
 * Makes it on the first start.
 * @throws SigningKeyFileError when it cannot be read, made or understood
 */
export async function loadSigningKey(dataDir: string, random: Random): Promise<SigningKey> {
  const path = join(dataDir, "signing.key");
  try {
    return parse((await readIfThere(path)) ?? (await create(path, dataDir, random)), path);
  } catch (error) {
    if (error instanceof SigningKeyFileError) throw error;
    throw new SigningKeyFileError(`cannot read or make the signing key ${path}: ${(error as Error).message}`, error);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const versionLetters = "abcdefghijklmnopqrstuvwxyz";

/** Resolves to the content of the file: ours, or that of a process that was faster. */
async function create(path: string, dataDir: string, random: Random): Promise<string> {
  const version = Array.from(random.bytes(4), (byte) => versionLetters[byte % versionLetters.length]).join("");
  const content = `ed25519 a_${version} ${encodeUnpaddedBase64(random.bytes(32))}\n`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${random.bytes(6).toString("hex")}`;
  await writeDurably(temporary, content);
  try {
    // Unlike a rename this never replaces a key that is there.
    await link(temporary, path);
    await syncFolder(dataDir);
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return await readFile(path, "utf8");
    throw error;
  } finally {
    await unlink(temporary);
  }
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows does not let folders be opened, and needs no sync of them.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const lineForm = /^ed25519 ([A-Za-z0-9_]+) ([A-Za-z0-9+/]{43})$/;

/** What stands before the 32 bytes of an ed25519 private key in DER (PKCS #8, RFC 8410). */
const derPrefix = Buffer.from("302e020100300506032b657004220420", "hex");

function parse(content: string, path: string): SigningKey {
  const [, version, seedText] = lineForm.exec(content.trim()) ?? [];
  const seed = seedText === undefined ? undefined : decodeUnpaddedBase64(seedText);
  if (seed?.length !== 32) {
    throw new SigningKeyFileError(`${path} must hold one line: ed25519 <version> <seed in unpadded base64>`);
  }
  const key = createPrivateKey({ key: Buffer.concat([derPrefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  return {
    keyId: `ed25519:${version}`,
    publicKey: encodeUnpaddedBase64(publicKey),
    sign: (bytes) => encodeUnpaddedBase64(sign(null, bytes, key)),
  };
}
