/** A list for `IN`, its last item repeated up to a power of two: so that few statements serve lists of every length. */
export function padded<Item>(items: readonly Item[]): Item[] {
  const length = 2 ** Math.ceil(Math.log2(Math.max(items.length, 1)));
  const last = items.slice(-1);
  return [...items, ...Array.from({ length: length - items.length }, () => last).flat()];
}
