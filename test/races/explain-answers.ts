import type { DeviceModel, Outcome } from "./device-model.ts";

/** One request to one device, which ran beside others. */
export interface Operation {
  /** What the rules allow it to do with a device. */
  readonly outcomes: (device: DeviceModel) => readonly Outcome[];
  /** What came back; `undefined` where the server died first: it may have happened or not, but wholly. */
  answer: string | undefined;
  /** For the trace of a failed interleaving. */
  readonly description: string;
}

/**
 * Everything that a device can be after these operations: those ends of all their orders that explain every answer.
 * None is left when the server has broken a rule.
 */
export function explainAnswers(devices: readonly DeviceModel[], operations: readonly Operation[]): DeviceModel[] {
  const found = new Map<string, DeviceModel>();
  const seen = new Set<string>();
  const search = (device: DeviceModel, left: readonly Operation[]): void => {
    const here = `${left.map((operation) => operations.indexOf(operation)).join()} ${fingerprint(device)}`;
    if (seen.has(here)) return;
    seen.add(here);
    if (left.every(({ answer }) => answer === undefined)) found.set(fingerprint(device), device);
    for (const operation of left) {
      const others = left.filter((other) => other !== operation);
      for (const outcome of operation.outcomes(device)) {
        if (operation.answer === undefined || operation.answer === outcome.answer) search(outcome.device, others);
      }
    }
  };
  for (const device of devices) search(device, operations);
  return [...found.values()];
}

/** Equal for devices that the rules cannot tell apart. */
function fingerprint({ identity, pool, issued, fallbackKey }: DeviceModel): string {
  const batches = pool.map((batch) => batch.map(({ keyId, json }) => `${keyId} ${json}`).sort());
  return JSON.stringify([identity, batches, [...issued].sort(), fallbackKey]);
}
