import { argon2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { PasswordHasher } from "../../domain/authentication/password-hasher.ts";
import type { Random } from "../../domain/kernel/random.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { encodeUnpaddedBase64 } from "../../protocol/unpadded-base64.ts";
import { BoundedQueue } from "./bounded-queue.ts";

const deriveArgon2id = promisify(argon2);

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

interface PhcString extends Cost {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id */
const recommended: Cost = { memory: 19_456, passes: 2, parallelism: 1 };

/** Files and name look-ups use the four threads of libuv too: one is left to them. */
const bounds = { running: 3, waiting: 64 };

const saltBytes = 16;
const tagBytes = 32;

/** argon2id on libuv's threads, at most three at a time. */
export class Argon2PasswordHasher implements PasswordHasher {
  readonly #random: Random;
  readonly #cost: Cost;
  readonly #queue = new BoundedQueue(bounds);
  /** What unknown users' passwords are compared with; nobody knows a password for it. */
  readonly #dummy: PhcString;

  /** `cost` is what new passwords get; those that are stored keep theirs. */
  constructor(random: Random, cost: Cost = recommended) {
    this.#random = random;
    this.#cost = cost;
    this.#dummy = { ...cost, salt: random.bytes(saltBytes), tag: random.bytes(tagBytes) };
  }

  async hash(password: string): Promise<string> {
    const salt = this.#random.bytes(saltBytes);
    const tag = await this.#derive(password, { ...this.#cost, salt, tag: Buffer.alloc(tagBytes) });
    return formatPhc({ ...this.#cost, salt, tag });
  }

  async verify(password: string, phc: string | undefined): Promise<boolean> {
    const expected = phc === undefined ? this.#dummy : parsePhc(phc);
    const tag = await this.#derive(password, expected);
    return timingSafeEqual(tag, expected.tag) && phc !== undefined;
  }

  async #derive(password: string, { memory, passes, parallelism, salt, tag }: PhcString): Promise<Buffer> {
    if (this.#queue.isFull) {
      throw new MatrixError("M_LIMIT_EXCEEDED", "Too many people are logging in", { fields: { retry_after_ms: 1000 } });
    }
    const parameters = { message: password, nonce: salt, parallelism, tagLength: tag.length, memory, passes };
    return this.#queue.run(() => deriveArgon2id("argon2id", parameters));
  }
}

/** https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md */
function formatPhc({ memory, passes, parallelism, salt, tag }: PhcString): string {
  const cost = `m=${memory},t=${passes},p=${parallelism}`;
  return `$argon2id$v=19$${cost}$${encodeUnpaddedBase64(salt)}$${encodeUnpaddedBase64(tag)}`;
}

const phcForm = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function parsePhc(phc: string): PhcString {
  const [, memory, passes, parallelism, salt, tag] = phcForm.exec(phc) ?? [];
  // The text itself must not reach a log.
  if (!salt || !tag) throw new Error("accounts.password_hash: not an argon2id PHC string");
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}
