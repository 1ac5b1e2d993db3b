import type { Moment } from "../history.ts";

/** How many things had happened before a moment. */
export class CountedMoments {
  readonly #happened: { readonly at: Moment; readonly count: number }[] = [];
  #sums: number[] | undefined;

  add(at: Moment, count = 1): void {
    this.#happened.push({ at, count });
    this.#sums = undefined;
  }

  before(moment: Moment): number {
    this.#sums ??= this.#sumUp();
    let [low, high] = [0, this.#happened.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#happened[middle]?.at ?? 0) < moment) low = middle + 1;
      else high = middle;
    }
    return this.#sums[low] ?? 0;
  }

  #sumUp(): number[] {
    this.#happened.sort((one, other) => one.at - other.at);
    const sums = [0];
    for (const { count } of this.#happened) sums.push((sums.at(-1) ?? 0) + count);
    return sums;
  }
}
