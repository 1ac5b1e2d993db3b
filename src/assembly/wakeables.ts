import type { UserId } from "../protocol/identifiers/user-id.ts";

/** What goes on when something of a user has changed, in whatever process. */
export interface Wakeable {
  wake(userIds: Iterable<UserId>): void;
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

  wake(userIds: Iterable<UserId>): void {
    for (const wakeable of this.#all) wakeable.wake(userIds);
  }

  wakeAll(): void {
    for (const wakeable of this.#all) wakeable.wakeAll();
  }
}
