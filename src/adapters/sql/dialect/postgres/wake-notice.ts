import type { WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import { parseRanges } from "./covered-numbers.ts";

/** What one process tells the others after its transactions. */
export interface WakeNotice {
  readonly processId: string;
  /** Of transactions that have ended, as `describeRanges` writes them. */
  readonly numbers: string;
  readonly woken: readonly WakeName[] | "everybody";
  /** The highest number of one that is durable. */
  readonly committed: number;
}

/** Bytes; PostgreSQL takes 8,000. */
const longestPayload = 7900;
/** Transactions that one notice may speak of: far more than are gathered. */
const mostNumbers = 100_000;

/** What does not fit is left out: whose numbers are not told wakes everybody, a little later. */
export function noticeText({ processId, numbers, woken, committed }: WakeNotice): string {
  const whole = JSON.stringify([processId, numbers, woken, committed]);
  if (Buffer.byteLength(whole) <= longestPayload) return whole;
  const wakingAll = JSON.stringify([processId, numbers, "everybody", committed]);
  if (Buffer.byteLength(wakingAll) <= longestPayload) return wakingAll;
  return JSON.stringify([processId, "", "everybody", committed]);
}

/** `undefined` for what no process of ours writes: whoever may use the database may notify. */
export function parseNotice(payload: string): WakeNotice | undefined {
  try {
    const [processId, numbers, woken, committed] = JSON.parse(payload) as unknown[];
    const readable =
      typeof processId === "string" && areNumbers(numbers) && areWoken(woken) && Number.isSafeInteger(committed);
    return readable ? { processId, numbers, woken, committed: committed as number } : undefined;
  } catch {
    return undefined;
  }
}

function areNumbers(numbers: unknown): numbers is string {
  if (typeof numbers !== "string" || !/^[\d,-]*$/.test(numbers)) return false;
  const ranges = parseRanges(numbers);
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const inOrder = ranges.every(([first, last]) => first > 0 && first <= last && Number.isSafeInteger(last));
  return inOrder && count <= mostNumbers;
}

function areWoken(woken: unknown): woken is WakeNotice["woken"] {
  return woken === "everybody" || (Array.isArray(woken) && woken.every((userId) => typeof userId === "string"));
}
