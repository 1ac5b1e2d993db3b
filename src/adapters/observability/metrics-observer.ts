import type { Clock } from "../../domain/kernel/clock.ts";
import type { ClaimSource, Observer } from "../../domain/kernel/observer.ts";
import type { DeviceOwner } from "../../domain/kernel/requester.ts";
import { ClaimDrain } from "./claim-drain.ts";
import { Counter } from "./counter.ts";
import { Gauge } from "./gauge.ts";
import { Histogram } from "./histogram.ts";
import { KeyEventLog } from "./key-event-log.ts";
import type { Logger } from "./logger.ts";
import { metricCatalogue } from "./metric-catalogue.ts";
import type { Metrics } from "./metrics.ts";

/** Keys of one device that one claimer takes in a window unremarked; a server with many users may honestly take more. */
const unsuspiciousKeys = 20;

/** Counts what happens to keys, and logs what an operator should look at. */
export class MetricsObserver implements Observer {
  readonly #claims: Counter;
  readonly #drain: ClaimDrain;
  readonly #keyUploads: Counter;
  readonly #oneTimeKeysStored: Counter;
  readonly #poolSizes: Histogram;
  readonly #duplicateKeysRefused: Counter;
  readonly #badKeySignatures: Counter;
  readonly #identityReplacements: Counter;
  readonly #toDeviceMessages: Counter;
  readonly #logins: Counter;
  readonly #log: KeyEventLog;

  /** @param refillMinutes the window in which claims per claimer are counted: `claims.refill_minutes` */
  constructor(metrics: Metrics, logger: Logger, clock: Clock, refillMinutes: number) {
    this.#claims = metrics.add(new Counter(metricCatalogue.claims));
    this.#drain = new ClaimDrain(clock, refillMinutes * 60_000);
    metrics.add(new Gauge(metricCatalogue.busiestClaimer, () => this.#drain.busiest()));
    this.#keyUploads = metrics.add(new Counter(metricCatalogue.keyUploads));
    this.#oneTimeKeysStored = metrics.add(new Counter(metricCatalogue.oneTimeKeysStored));
    this.#poolSizes = metrics.add(new Histogram(metricCatalogue.poolSize));
    this.#duplicateKeysRefused = metrics.add(new Counter(metricCatalogue.duplicateKeysRefused));
    this.#badKeySignatures = metrics.add(new Counter(metricCatalogue.badKeySignatures));
    this.#identityReplacements = metrics.add(new Counter(metricCatalogue.identityReplacements));
    this.#toDeviceMessages = metrics.add(new Counter(metricCatalogue.toDeviceMessages));
    this.#logins = metrics.add(new Counter(metricCatalogue.logins));
    this.#log = new KeyEventLog(logger, clock);
  }

  claimAnswered(source: ClaimSource, target: DeviceOwner, claimer: string): void {
    this.#claims.add(1, source);
    if (source !== "one_time_key" && source !== "appservice") return;
    const taken = this.#drain.add(claimer, target);
    if (taken === unsuspiciousKeys + 1) this.#log.drained(claimer, target, taken);
  }

  keysUploaded(storedOneTimeKeys: number, poolSizes: ReadonlyMap<string, number>): void {
    this.#keyUploads.add(1);
    this.#oneTimeKeysStored.add(storedOneTimeKeys);
    for (const size of poolSizes.values()) this.#poolSizes.observe(size);
  }

  duplicateOneTimeKeysRefused(owner: DeviceOwner, clashes: number): void {
    this.#duplicateKeysRefused.add(clashes);
    this.#log.duplicateKeysRefused(owner, clashes);
  }

  badKeySignatures(owner: DeviceOwner, keyIds: readonly string[]): void {
    this.#badKeySignatures.add(keyIds.length);
    this.#log.badSignatures(owner, keyIds);
  }

  identityReplaced(owner: DeviceOwner): void {
    this.#identityReplacements.add(1);
    this.#log.identityReplaced(owner);
  }

  toDeviceMessagesSent(count: number): void {
    this.#toDeviceMessages.add(count);
  }

  loginFinished(outcome: "success" | "failure" | "throttled"): void {
    this.#logins.add(1, outcome);
  }
}
