import type { WakeName } from "../domain/kernel/unit-of-work.ts";

/** What goes on when something of a user has changed, in whatever process. */
export interface Wakeable {
  wake(names: Iterable<WakeName>): void;
  /** When wakes may have been lost. */
  wakeAll(): void;
}

/** All that is woken by commits; what begins later is added later. */
export class Wakeables implements Wakeable {
  readonly #all: Wakeable[];

  constructor(...wakeables: readonly Wakeable[]) {
    this.#all = [...wakeables];
  }

  add(wakeable: Wakeable): void {
    this.#all.push(wakeable);
  }

  wake(names: Iterable<WakeName>): void {
    for (const wakeable of this.#all) wakeable.wake(names);
  }

  wakeAll(): void {
    for (const wakeable of this.#all) wakeable.wakeAll();
  }
}
