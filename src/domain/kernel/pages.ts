/** Reads a page inside a snapshot. It may be run again, and changes nothing. */
export type PageReader<Stores, Item> = (stores: Stores) => Promise<Page<Stores, Item>>;

/** A part of what is too long to be in memory as a whole. */
export interface Page<Stores, Item> {
  /** There may be none, and more behind. */
  readonly items: readonly Item[];
  /** Reads what comes after it; `undefined`: nothing does. */
  readonly next: PageReader<Stores, Item> | undefined;
}

interface Reads<Stores> {
  read<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
}

export const noPage = { items: [], next: undefined } as const;

/** A page, and those after it, which are read as they are asked for: each in a snapshot of its own. */
export async function* pagesFrom<Stores, Item>(
  snapshots: Reads<Stores>,
  first: Page<Stores, Item>,
): AsyncIterable<readonly Item[]> {
  yield first.items;
  for (let { next } = first; next; ) {
    const page: Page<Stores, Item> = await snapshots.read(next);
    yield page.items;
    next = page.next;
  }
}

/** Each page as `change` makes it. */
export function changedPages<Stores, Item, Changed>(
  reader: PageReader<Stores, Item>,
  change: (stores: Stores, items: readonly Item[]) => Promise<readonly Changed[]>,
): PageReader<Stores, Changed> {
  return async (stores) => {
    const { items, next } = await reader(stores);
    return { items: await change(stores, items), next: next && changedPages(next, change) };
  };
}

/** What several readers read, one after another. */
export function inSequence<Stores, Item>(readers: readonly PageReader<Stores, Item>[]): PageReader<Stores, Item> {
  const [first, ...others] = readers;
  if (!first) return async () => noPage;
  if (others.length === 0) return first;
  return async (stores) => {
    const { items, next } = await first(stores);
    return { items, next: inSequence(next ? [next, ...others] : others) };
  };
}
