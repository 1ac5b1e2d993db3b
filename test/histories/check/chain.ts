import type { DeviceName, Sync } from "../history.ts";

/** How a sync stands to the ones of its device before it. */
export type Step = "first" | "next" | "again" | "at-once";

/** Follows the tokens of each device: a client goes on from its last answer, or asks once more as for its last one. */
export class Chains {
  readonly #last = new Map<DeviceName, Sync>();

  /** Syncs come in the order of their answers. `again` and `at-once` replace the answer before. */
  follow(sync: Sync): { readonly step: Step; readonly last: Sync | undefined } {
    const last = this.#last.get(sync.device);
    const step = stepAfter(last, sync);
    this.#last.set(sync.device, sync);
    return { step, last };
  }
}

function stepAfter(last: Sync | undefined, sync: Sync): Step {
  if (!last) {
    if (sync.since !== undefined) throw new Error(`the first sync of ${sync.device} has a token`);
    return "first";
  }
  // Where nothing has happened the next token may be the same: then going on and asking again are one.
  if (sync.since === last.next) return "next";
  if (sync.since === last.since) return sync.began > last.ended ? "again" : "at-once";
  throw new Error(`the sync of ${sync.device} at ${sync.began} goes on from nowhere`);
}
