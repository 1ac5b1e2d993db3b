/** What `next_batch` of a sync remembers; opaque to clients. */
export interface SyncToken {
  /** Position in the stream of changes: an integer from 0 to 2^53 - 1. */
  position: number;
  /** Position of the last to-device message that was handed out (rule S3), of the same range. */
  toDevicePosition: number;
  /** Digest of the key counts that were told: at most 22 characters of base64url, "" where none were. */
  told: string;
}

const form = /^s1_([0-9a-z]{1,11})_([0-9a-z]{1,11})_([A-Za-z0-9_-]{0,22})$/;
const toldForm = /^[A-Za-z0-9_-]{0,22}$/;

/**
 * Writes a token; the `1` is the version of the form.
 *
 * @throws RangeError when a part is out of its range: that is a mistake of ours
 */
export function formatSyncToken(token: SyncToken): string {
  const { position, toDevicePosition, told } = token;
  if (!isPosition(position) || !isPosition(toDevicePosition) || !toldForm.test(told)) {
    throw new RangeError(`No sync token can be made of ${position}, ${toDevicePosition}, "${told}"`);
  }
  return `s1_${position.toString(36)}_${toDevicePosition.toString(36)}_${told}`;
}

/** Reads a token, or undefined when it is not exactly what `formatSyncToken` writes. */
export function parseSyncToken(text: string): SyncToken | undefined {
  const [, first, second, told] = form.exec(text) ?? [];
  if (first === undefined || second === undefined || told === undefined) return undefined;
  const position = parsePosition(first);
  const toDevicePosition = parsePosition(second);
  if (position === undefined || toDevicePosition === undefined) return undefined;
  return { position, toDevicePosition, told };
}

/** Only the canonical form counts: no leading zeros, nothing that was rounded. */
function parsePosition(text: string): number | undefined {
  const position = Number.parseInt(text, 36);
  return isPosition(position) && position.toString(36) === text ? position : undefined;
}

function isPosition(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}
