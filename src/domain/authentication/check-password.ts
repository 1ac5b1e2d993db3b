import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { LoginThrottleStore } from "./login-throttle-store.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { countAttempt, forgiveAttempts, type LoginSource, nameOfAttempts, tooManyAttempts } from "./throttle-logins.ts";

export interface PasswordStores {
  readonly credentials: CredentialStore;
  readonly loginThrottles: LoginThrottleStore;
}

export interface CheckPasswordDeps {
  readonly unitOfWork: UnitOfWork<PasswordStores>;
  readonly snapshots: Snapshots<PasswordStores>;
  readonly clock: Clock;
  readonly passwordHasher: PasswordHasher;
  /** False: passwords may be tried without end (config `limits.enabled`). */
  readonly limitLogins: boolean;
}

/** A password that was right when it was checked. */
export interface VerifiedPassword {
  readonly source: LoginSource & { readonly userId: UserId };
  /** The PHC string that it was checked against. */
  readonly phc: string;
}

/**
 * Before the unit, for it is slow: whether this is the user's password.
 *
 * @param input `userId` is `undefined` for a name that no local user can have; that takes as long
 * @returns `undefined` for a wrong password, an unknown user and a user without a password
 * @throws MatrixError 429 `M_LIMIT_EXCEEDED` with `retry_after_ms`
 */
export async function checkPassword(
  deps: CheckPasswordDeps,
  input: LoginSource & { readonly password: string },
): Promise<VerifiedPassword | undefined> {
  const { userId, ip, password } = input;
  if (deps.limitLogins) {
    const now = deps.clock.now();
    const source = { userId, ip };
    const wait = await deps.unitOfWork.run({ exclusive: [nameOfAttempts(source)] }, (stores) =>
      countAttempt(stores.loginThrottles, source, now),
    );
    if (wait !== undefined) throw tooManyAttempts(wait);
  }
  const phc =
    userId === undefined
      ? undefined
      : await deps.snapshots.read((stores) => stores.credentials.findPasswordHash(userId));
  const right = await deps.passwordHasher.verify(password, phc);
  if (!right || userId === undefined || phc === undefined) return undefined;
  return { source: { userId, ip }, phc };
}

/** Inside a unit: false when the password has changed since it was checked. Forgives the failed attempts before it. */
export async function consumePassword(stores: PasswordStores, { source, phc }: VerifiedPassword): Promise<boolean> {
  if ((await stores.credentials.findPasswordHash(source.userId)) !== phc) return false;
  await forgiveAttempts(stores.loginThrottles, source);
  return true;
}
