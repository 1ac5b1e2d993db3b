import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { LoginThrottle, LoginThrottleStore } from "./login-throttle-store.ts";
import { networkOf } from "./network-of.ts";

/** Whose password is tried, and from where. */
export interface LoginSource {
  readonly userId: UserId | undefined;
  /** The caller's address. */
  readonly ip: string;
}

interface Limit {
  /** Attempts at once. */
  readonly burst: number;
  /** Ms after which one more is allowed. */
  readonly refill: number;
}

interface Bucket {
  readonly subject: string;
  readonly limit: Limit;
}

const perUserAndAddress: Limit = { burst: 10, refill: 30_000 };
/** Many people may sit behind one address, and none of them counts who logs in. */
const perAddress: Limit = { burst: 50, refill: 6_000 };

/** After this time without an attempt a row says nothing any more, in ms. */
export const throttleLifetime = Math.max(
  perUserAndAddress.burst * perUserAndAddress.refill,
  perAddress.burst * perAddress.refill,
);

/** What a unit must hold exclusively that counts or forgives attempts. */
export function nameOfAttempts({ ip }: LoginSource): string {
  return `log-ins from ${networkOf(ip)}`;
}

/**
 * Inside a unit, before the password is checked: counts the attempt, so that attempts side by side are all counted.
 * Resolves to the ms to wait when there were too many, in which case nothing is counted; else to `undefined`.
 */
export async function countAttempt(
  throttles: LoginThrottleStore,
  source: LoginSource,
  now: number,
): Promise<number | undefined> {
  const buckets: (Bucket & { throttle: LoginThrottle })[] = [];
  for (const bucket of bucketsOf(source)) {
    const throttle = leak(await throttles.findThrottle(bucket.subject), bucket.limit, now);
    buckets.push({ ...bucket, throttle });
  }
  const waits = buckets
    .filter(({ throttle, limit }) => throttle.attempts >= limit.burst)
    .map(({ throttle, limit }) => throttle.leakedAt + limit.refill - now);
  if (waits.length > 0) return Math.max(...waits);
  for (const { subject, throttle } of buckets) {
    await throttles.put(subject, { ...throttle, attempts: throttle.attempts + 1 });
  }
  return undefined;
}

/** Inside a unit: the password was right, so the attempt does not count, nor do the user's earlier ones from there. */
export async function forgiveAttempts(throttles: LoginThrottleStore, source: LoginSource): Promise<void> {
  const [address, user] = bucketsOf(source);
  if (user) await throttles.remove(user.subject);
  const throttle = address && (await throttles.findThrottle(address.subject));
  if (!throttle) return;
  if (throttle.attempts <= 1) await throttles.remove(address.subject);
  else await throttles.put(address.subject, { ...throttle, attempts: throttle.attempts - 1 });
}

/** @param wait ms */
export function tooManyAttempts(wait: number): MatrixError {
  return new MatrixError("M_LIMIT_EXCEEDED", "Too many log-in attempts", { fields: { retry_after_ms: wait } });
}

function bucketsOf({ userId, ip }: LoginSource): Bucket[] {
  const network = networkOf(ip);
  const address = { subject: `from ${network}`, limit: perAddress };
  return userId === undefined
    ? [address]
    : [address, { subject: `${userId} from ${network}`, limit: perUserAndAddress }];
}

function leak(throttle: LoginThrottle | undefined, { refill }: Limit, now: number): LoginThrottle {
  if (!throttle) return { attempts: 0, leakedAt: now };
  const leaked = Math.floor(Math.max(0, now - throttle.leakedAt) / refill);
  if (leaked >= throttle.attempts) return { attempts: 0, leakedAt: now };
  return { attempts: throttle.attempts - leaked, leakedAt: throttle.leakedAt + leaked * refill };
}
