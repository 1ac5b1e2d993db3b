/** Starts work while fewer than so many are at it. */
export class Slots {
  readonly #most: number;
  #taken = 0;
  #whenIdle: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get free(): boolean {
    return this.#taken < this.#most;
  }

  /** `work` never rejects. */
  async use(work: () => Promise<void>): Promise<void> {
    this.#taken++;
    try {
      await work();
    } finally {
      this.#taken--;
      if (this.#taken === 0) for (const tell of this.#whenIdle.splice(0)) tell();
    }
  }

  /** Resolves when nobody is at work. */
  async idle(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }
}
