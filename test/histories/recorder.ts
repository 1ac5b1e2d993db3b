import type { Entry, Moment } from "./history.ts";

/** Writes down what clients ask and are answered, and counts the answers. */
export class Recorder {
  entries: Entry[] = [];
  /** Answers so far. */
  operations = 0;
  /** Answers that were lost. */
  lost = 0;
  #moment = 0;
  #messages = 0;
  readonly #answered: (operations: number) => void;

  /** @param answered told after each answer how many there have been */
  constructor(answered: (operations: number) => void) {
    this.#answered = answered;
  }

  moment(): Moment {
    return ++this.#moment;
  }

  message(): number {
    return ++this.#messages;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  answered(): void {
    this.#answered(++this.operations);
  }

  /** All entries since the last time. */
  take(): Entry[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }
}
