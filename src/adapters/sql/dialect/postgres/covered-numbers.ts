/** Which transaction numbers have been told of, so that one that never is shows. */
export class CoveredNumbers {
  readonly #told = new Set<number>();
  /** All up to here have been looked at. */
  #floor: number | undefined;
  /** Up to here at the last look: by the next, all of them must have been told of. */
  #due: number | undefined;

  add(first: number, last: number): void {
    for (let number = Math.max(first, (this.#floor ?? 0) + 1); number <= last; number++) this.#told.add(number);
  }

  /** False when one of the numbers is missing that had been handed out at the last look. */
  passUpTo(last: number): boolean {
    const due = this.#due;
    this.#due = last;
    const floor = this.#floor ?? due;
    if (due === undefined || floor === undefined) return true;
    let complete = true;
    for (let number = floor + 1; number <= due; number++) complete = this.#told.delete(number) && complete;
    this.#floor = Math.max(floor, due);
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
