import type { SyncAnswer } from "../../../domain/sync/sync.ts";
import { arrayText, objectText } from "../../../protocol/json-text.ts";
import { formatSyncToken } from "../../../protocol/sync-token.ts";
import { accountDataText, eventsPieces, type Piece } from "./event-pieces.ts";
import { type RoomsFormat, roomsPieces } from "./rooms-text.ts";

/** Names of the unused fallback keys in drafts of MSC2732, which released clients still read. */
const draftNames = [
  "org.matrix.msc2732.device_unused_fallback_key_types",
  "org.matrix.msc2732.device_unused_fallback_keys",
  "device_unused_fallback_keys",
] as const;

export interface SyncFormat extends Omit<RoomsFormat, "readFurther"> {
  /** Whether the names of MSC2732's draft are sent too. */
  readonly withDraftNames: boolean;
}

/** The answer of `/sync`, piece by piece: stored contents go in as the text that they are. */
export function* syncPieces(answer: SyncAnswer, format: SyncFormat): Iterable<Piece> {
  yield `${restText(answer, format.withDraftNames).slice(0, -1)},"account_data":`;
  yield* eventsPieces(answer.accountData, accountDataText, format.fields);
  yield ',"rooms":';
  yield* roomsPieces(answer.rooms, { ...format, readFurther: answer.readFurther });
  yield "}";
}

function restText(answer: SyncAnswer, withDraftNames: boolean): string {
  return objectText([
    ["next_batch", JSON.stringify(formatSyncToken(answer.nextBatch))],
    ["device_lists", JSON.stringify(answer.deviceLists)],
    ...(answer.device ? deviceMembers(answer.device, withDraftNames) : []),
  ]);
}

/** What belongs to the requesting device; all of it in every answer (rule S1). */
function deviceMembers(
  { toDevice, counts }: NonNullable<SyncAnswer["device"]>,
  withDraftNames: boolean,
): [string, string][] {
  const unused = JSON.stringify(counts.unusedFallbackKeys);
  const names = ["device_unused_fallback_key_types", ...(withDraftNames ? draftNames : [])];
  return [
    ["to_device", eventsText(toDevice.map(toDeviceText))],
    ["device_one_time_keys_count", JSON.stringify(counts.oneTimeKeys)],
    ...names.map((name): [string, string] => [name, unused]),
  ];
}

function eventsText(events: readonly string[]): string {
  return objectText([["events", arrayText(events)]]);
}

/** Exactly these three members (rule S3). */
function toDeviceText(message: NonNullable<SyncAnswer["device"]>["toDevice"][number]): string {
  const { sender, type, content } = message;
  return `{"sender":${JSON.stringify(sender)},"type":${JSON.stringify(type)},"content":${content}}`;
}
