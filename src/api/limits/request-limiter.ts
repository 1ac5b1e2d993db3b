import { LRUCache } from "lru-cache";
import type { Clock } from "../../domain/kernel/clock.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { FixedGroup, Rate, RouteGroup } from "./route-group.ts";

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Callers that are remembered per group; beyond it the one idle for longest starts afresh. */
const rememberedCallers = 50_000;

/** A caller that meets more new servers in a row than this makes them up. */
const fixedRates: Readonly<Record<FixedGroup, Rate>> = { strangers: { perSecond: 10, burst: 50 } };

/** A token bucket per caller and group of endpoints, in this process only. */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #rates: Readonly<Record<RouteGroup | FixedGroup, Rate>>;
  readonly #buckets = new Map<RouteGroup | FixedGroup, LRUCache<string, Bucket>>();

  constructor(clock: Clock, rates: Readonly<Record<RouteGroup, Rate>>) {
    this.#clock = clock;
    this.#rates = { ...rates, ...fixedRates };
  }

  /**
   * Counts one request of `caller` (a user id or an address).
   * @throws MatrixError 429 `M_LIMIT_EXCEEDED` with `retry_after_ms` (rule E1)
   */
  admit(group: RouteGroup | FixedGroup, caller: string): void {
    const wait = this.#take(group, caller);
    if (wait > 0) throw new MatrixError("M_LIMIT_EXCEEDED", "Too many requests", { fields: { retry_after_ms: wait } });
  }

  /** As `admit`, for who can do without: whether the caller may. */
  admits(group: RouteGroup | FixedGroup, caller: string): boolean {
    return this.#take(group, caller) === 0;
  }

  /** Ms to wait; 0: it is counted. */
  #take(group: RouteGroup | FixedGroup, caller: string): number {
    const rate = this.#rates[group];
    const bucket = this.#bucketOf(group, caller, rate);
    const now = this.#clock.monotonic();
    const refill = ((now - bucket.filledAt) / 1000) * rate.perSecond;
    bucket.tokens = Math.min(rate.burst, bucket.tokens + refill);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / rate.perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }

  #bucketOf(group: RouteGroup | FixedGroup, caller: string, rate: Rate): Bucket {
    let callers = this.#buckets.get(group);
    if (!callers) {
      callers = new LRUCache({ max: rememberedCallers });
      this.#buckets.set(group, callers);
    }
    let bucket = callers.get(caller);
    if (!bucket) {
      bucket = { tokens: rate.burst, filledAt: this.#clock.monotonic() };
      callers.set(caller, bucket);
    }
    return bucket;
  }
}
