/** A place in a room's timeline, between two events; opaque to clients. */
export interface PageToken {
  /** Of the event before it, in topological order: an integer from 0 to 2^53 - 1. */
  depth: number;
  /** Of the same event, in the stream of changes; of the same range. */
  position: number;
}

const form = /^p1_([0-9a-z]{1,11})_([0-9a-z]{1,11})$/;

/**
 * Writes a token; the `1` is the version of the form.
 *
 * @throws RangeError when a part is out of its range: that is a mistake of ours
 */
export function formatPageToken({ depth, position }: PageToken): string {
  if (!isCount(depth) || !isCount(position)) {
    throw new RangeError(`No page token can be made of ${depth}, ${position}`);
  }
  return `p1_${depth.toString(36)}_${position.toString(36)}`;
}

/** Reads a token, or undefined when it is not exactly what `formatPageToken` writes. */
export function parsePageToken(text: string): PageToken | undefined {
  const [, first, second] = form.exec(text) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const token = { depth: Number.parseInt(first, 36), position: Number.parseInt(second, 36) };
  // Only the canonical form counts: no leading zeros, nothing that was rounded.
  return isCount(token.depth) && isCount(token.position) && formatPageToken(token) === text ? token : undefined;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}
