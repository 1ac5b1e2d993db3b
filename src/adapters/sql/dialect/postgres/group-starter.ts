export interface GroupStarterOptions {
  /** Groups at once. */
  readonly most: number;
  /** How many wait for a group. */
  readonly waiting: () => number;
  /** Takes a group of those that wait, and works on it; `undefined` when none of them may go. It never rejects. */
  readonly start: () => Promise<void> | undefined;
}

/** While groups are under way another is started when so many wait for each of them. */
const crowd = 6;
/** Ms after which those that wait go all the same: what is under way takes long. */
const longestGathering = 3;

/**
 * Starts groups of work: the first at once, and further ones beside it only when they are worth a transaction of their
 * own. What comes in meanwhile gathers: the more is asked of the database, the more is asked at a time.
 */
export class GroupStarter {
  readonly #options: GroupStarterOptions;
  #running = 0;
  #scheduled = false;
  #gathering: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(options: GroupStarterOptions) {
    this.#options = options;
  }

  /** To be called when something waits. */
  wake(): void {
    if (this.#scheduled || this.#options.waiting() === 0) return;
    this.#scheduled = true;
    // After the I/O phase: the requests that were read in one turn of the loop go together.
    setImmediate(() => {
      this.#scheduled = false;
      this.#startGroups(false);
    });
  }

  /** Resolves when no group is under way and nothing waits for one. */
  async idle(): Promise<void> {
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#running === 0 && this.#options.waiting() === 0;
  }

  #startGroups(evenFew: boolean): void {
    const { most, waiting, start } = this.#options;
    while (this.#running < most && waiting() > 0) {
      const few = this.#running > 0 && waiting() < this.#running * crowd;
      if (few && !evenFew) break;
      const group = start();
      if (!group) return;
      this.#running++;
      void group.then(() => this.#ended());
    }
    if (waiting() > 0 && this.#running < most) this.#gather();
    // What waited may have been told that it takes too long.
    this.#tellIdle();
  }

  #ended(): void {
    this.#running--;
    this.wake();
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#isIdle()) for (const tell of this.#whenIdle.splice(0)) tell();
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#startGroups(true);
    }, longestGathering).unref();
  }
}
