import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { OwnKey, OwnKeyStore } from "./own-key-store.ts";
import type { SigningKey } from "./signing-key.ts";

export interface OwnKeyDeps {
  readonly unitOfWork: UnitOfWork<{ readonly ownKeys: OwnKeyStore }>;
  readonly clock: Clock;
}

/** A key that this server must not sign with: one line for the operator. */
export class SigningKeyRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SigningKeyRefusedError";
  }
}

const scope = { exclusive: ["signing keys"] };

/**
 * Before anything is signed: the key of this process must be the newest of this server, and is the first if there is none.
 * All others expire now, unless they have before.
 * @throws SigningKeyRefusedError for an older or unknown key: another process signs with another one
 */
export async function ensureOwnKey(deps: OwnKeyDeps & { readonly signingKey: SigningKey }): Promise<void> {
  const { keyId, publicKey } = deps.signingKey;
  const now = deps.clock.now();
  await deps.unitOfWork.run(scope, async ({ ownKeys }) => {
    const keys = await ownKeys.listOwnKeys();
    const newest = keys.at(-1);
    if (newest === undefined) return ownKeys.add({ keyId, publicKey, madeAt: now, expiredAt: undefined });
    if (newest.keyId !== keyId || newest.publicKey !== publicKey) throw otherKey(deps.signingKey, newest);
    for (const key of keys.slice(0, -1)) {
      if (key.expiredAt === undefined) await ownKeys.expire(key.keyId, now);
    }
  });
}

function otherKey(found: SigningKey, newest: OwnKey): SigningKeyRefusedError {
  const name = ({ keyId, publicKey }: SigningKey | OwnKey) => `${keyId} (public key ${publicKey})`;
  return new SigningKeyRefusedError(
    `signing.key holds ${name(found)}, but this server signs with ${name(newest)}: copy the signing.key of that key ` +
      "into every data_dir, or make a new key with `claviger rotate-signing-key` and copy that one",
  );
}

/**
 * A new key that the next start is to find in its file. It comes behind all others, also when the clock was set back.
 * @throws SigningKeyRefusedError when its id was given to another key before
 */
export async function addOwnKey(deps: OwnKeyDeps, { keyId, publicKey }: SigningKey): Promise<void> {
  const now = deps.clock.now();
  await deps.unitOfWork.run(scope, async ({ ownKeys }) => {
    const keys = await ownKeys.listOwnKeys();
    if (keys.some((key) => key.keyId === keyId)) {
      throw new SigningKeyRefusedError(`by chance the new key is named ${keyId} as an earlier one: try again`);
    }
    const madeAt = Math.max(now, (keys.at(-1)?.madeAt ?? 0) + 1);
    await ownKeys.add({ keyId, publicKey, madeAt, expiredAt: undefined });
  });
}
