import type { Clock } from "../../domain/kernel/clock.ts";
import type { DeviceOwner } from "../../domain/kernel/requester.ts";
import type { Logger } from "./logger.ts";
import { QuietPeriods } from "./quiet-periods.ts";

const hourMs = 3_600_000;
const rememberedDevices = 10_000;
/** Enough to find the client's mistake; an upload may hold hundreds. */
const shownKeyIds = 5;

/** The lines that an operator reads about keys. What a client can repeat for ever is told once per device and hour. */
export class KeyEventLog {
  readonly #logger: Logger;
  readonly #clashes: QuietPeriods;
  readonly #badSignatures: QuietPeriods;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clashes = new QuietPeriods(clock, hourMs, rememberedDevices);
    this.#badSignatures = new QuietPeriods(clock, hourMs, rememberedDevices);
  }

  /** Rule K4: a client that has forgotten its keys asks again and again. */
  duplicateKeysRefused({ userId, deviceId }: DeviceOwner, clashes: number): void {
    const unlogged = this.#clashes.admit(deviceKey(userId, deviceId));
    if (unlogged === undefined) return;
    this.#logger.info("refused one-time keys whose ids are taken", { userId, deviceId, clashes, unlogged });
  }

  /** Rule K8. */
  badSignatures({ userId, deviceId }: DeviceOwner, keyIds: readonly string[]): void {
    const unlogged = this.#badSignatures.admit(deviceKey(userId, deviceId));
    if (unlogged === undefined) return;
    const first = keyIds.slice(0, shownKeyIds);
    this.#logger.warn("uploaded keys have bad signatures", { userId, deviceId, bad: keyIds.length, first, unlogged });
  }

  /** Rule K9. */
  identityReplaced({ userId, deviceId }: DeviceOwner): void {
    this.#logger.info("a device replaced its identity keys", { userId, deviceId });
  }

  /** Rule C7: said once per claimer, device and window, for the caller asks only when the limit is passed. */
  drained(claimer: string, { userId, deviceId }: DeviceOwner, taken: number): void {
    this.#logger.warn("one claimer drains a device's one-time keys", { claimer, userId, deviceId, taken });
  }
}

function deviceKey(userId: string, deviceId: string): string {
  return `${userId}\0${deviceId}`;
}
