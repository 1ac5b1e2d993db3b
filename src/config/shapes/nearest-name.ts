/** The candidate that was probably meant: the same but for case and separators, or a slip or two away. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name);
  let nearest: string | undefined;
  let leastSlips = Math.min(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const slips = slipsBetween(wanted, plain(candidate));
    if (slips < leastSlips) [nearest, leastSlips] = [candidate, slips];
  }
  return nearest;
}

function plain(name: string): string {
  return name.slice(0, 60).toLowerCase().replaceAll(/[_-]/g, "");
}

/** Letters to insert, remove, change or swap with their neighbour (optimal string alignment distance). */
function slipsBetween(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + changed,
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
