/** Looks for which a number that nobody has told of is remembered: no transaction is under way for longer. */
const longestAbsence = 12;

/** Which transaction numbers have been told of, so that one that never is shows. */
export class CoveredNumbers {
  readonly #told = new Set<number>();
  /** Missing at their look; by number, for how many looks more they are waited for. */
  readonly #missing = new Map<number, number>();
  /** All up to here have been looked at. */
  #floor: number | undefined;
  /** Up to here at the last look: by the next, all of them must have been told of. */
  #due: number | undefined;

  add(first: number, last: number): void {
    for (const number of this.#missing.keys()) if (number >= first && number <= last) this.#missing.delete(number);
    for (let number = Math.max(first, (this.#floor ?? 0) + 1); number <= last; number++) this.#told.add(number);
  }

  /**
   * False when something may have been missed: a number that had been handed out at the last look and has not been told
   * of, or never was while its transaction can have been under way; and once at the beginning, for what was before.
   */
  passUpTo(last: number): boolean {
    const due = this.#due;
    this.#due = last;
    if (due === undefined) return true;
    const floor = this.#floor;
    this.#floor = Math.max(floor ?? 0, due);
    if (floor === undefined) return false;
    let complete = this.#expire();
    for (let number = floor + 1; number <= due; number++) {
      if (this.#told.delete(number)) continue;
      this.#missing.set(number, longestAbsence);
      complete = false;
    }
    return complete;
  }

  /** A transaction that was under way at its look may have been committed since, and its process may have died then. */
  #expire(): boolean {
    let complete = true;
    for (const [number, looks] of this.#missing) {
      if (looks > 1) this.#missing.set(number, looks - 1);
      else {
        this.#missing.delete(number);
        complete = false;
      }
    }
    return complete;
  }
}

/** `3-5,8` for 8, 3, 4, 5. */
export function describeRanges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((one, other) => one - other);
  const ranges: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++;
    ranges.push(end === start ? String(sorted[start]) : `${sorted[start]}-${sorted[end]}`);
    start = end + 1;
  }
  return ranges.join(",");
}

export function parseRanges(text: string): [first: number, last: number][] {
  if (text === "") return [];
  return text.split(",").map((range) => {
    const [first = "", last = first] = range.split("-");
    return [Number(first), Number(last)];
  });
}
