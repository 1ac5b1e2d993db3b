import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { SigningKey } from "../../domain/federation-out/signing-key.ts";
import type { Random } from "../../domain/kernel/random.ts";
import { decodeUnpaddedBase64, encodeUnpaddedBase64 } from "../../protocol/unpadded-base64.ts";

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
  const path = pathIn(dataDir);
  return orSigningKeyFileError(path, async () => {
    const content = (await readIfThere(path)) ?? (await create(path, dataDir, random));
    const key = parse(content);
    if (key) return key;
    throw new SigningKeyFileError(`${path} must hold one line: ed25519 <version> <seed in unpadded base64>`);
  });
}

/** A key that is gone with the process, for a server that keeps nothing. */
export function makeSigningKey(random: Random): SigningKey {
  return parse(newContent(random)) as SigningKey;
}

/** A key on the disk, that is not yet the one of this server. */
interface NextSigningKey {
  readonly key: SigningKey;
  /** Of the file that it will be in. */
  readonly path: string;
  /** Puts it in the place of the key that was there, which is gone then: all at once, and durably. */
  takeOver(): Promise<void>;
  /** Where it has not taken over, nothing of it is left. */
  discard(): Promise<void>;
}

/** Makes the key that is to follow the one in `data_dir`. @throws SigningKeyFileError */
export async function makeNextSigningKey(dataDir: string, random: Random): Promise<NextSigningKey> {
  const path = pathIn(dataDir);
  const content = newContent(random);
  const temporary = await orSigningKeyFileError(path, () => writeBeside(path, content, dataDir, random));
  return {
    ...{ key: parse(content) as SigningKey, path },
    takeOver: () =>
      orSigningKeyFileError(path, async () => {
        await rename(temporary, path);
        await syncFolder(dataDir);
      }),
    discard: () => rm(temporary, { force: true }),
  };
}

function pathIn(dataDir: string): string {
  return join(dataDir, "signing.key");
}

async function orSigningKeyFileError<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
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

function newContent(random: Random): string {
  const version = Array.from(random.bytes(4), (byte) => versionLetters[byte % versionLetters.length]).join("");
  return `ed25519 a_${version} ${encodeUnpaddedBase64(random.bytes(32))}\n`;
}

/** Resolves to the content of the file: ours, or that of a process that was faster. */
async function create(path: string, dataDir: string, random: Random): Promise<string> {
  const content = newContent(random);
  const temporary = await writeBeside(path, content, dataDir, random);
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

/** Resolves to the path of a file of its own, durably written. */
async function writeBeside(path: string, content: string, dataDir: string, random: Random): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${random.bytes(6).toString("hex")}`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
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

function parse(content: string): SigningKey | undefined {
  const [, version, seedText] = lineForm.exec(content.trim()) ?? [];
  const seed = seedText === undefined ? undefined : decodeUnpaddedBase64(seedText);
  if (seed?.length !== 32) return undefined;
  const key = createPrivateKey({ key: Buffer.concat([derPrefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  return {
    keyId: `ed25519:${version}`,
    publicKey: encodeUnpaddedBase64(publicKey),
    sign: (bytes) => encodeUnpaddedBase64(sign(null, bytes, key)),
  };
}
