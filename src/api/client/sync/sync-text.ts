import type { SyncAnswer } from "../../../domain/sync/sync.ts";
import { formatSyncToken } from "../../../protocol/sync-token.ts";
import { arrayText, objectText } from "../json-text.ts";

/** Names of the unused fallback keys in drafts of MSC2732, which released clients still read. */
const draftNames = [
  "org.matrix.msc2732.device_unused_fallback_key_types",
  "org.matrix.msc2732.device_unused_fallback_keys",
  "device_unused_fallback_keys",
] as const;

const noRooms = '{"join":{},"invite":{},"leave":{},"knock":{}}';

/** The answer of `/sync`: stored contents go in as the text that they are. */
export function syncText(answer: SyncAnswer, withDraftNames: boolean): string {
  return objectText([
    ["next_batch", JSON.stringify(formatSyncToken(answer.nextBatch))],
    ["account_data", eventsText(answer.accountData.map(accountDataText))],
    ["device_lists", JSON.stringify(answer.deviceLists)],
    ...(answer.device ? deviceMembers(answer.device, withDraftNames) : []),
    ["rooms", noRooms],
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

function accountDataText({ type, content }: SyncAnswer["accountData"][number]): string {
  return `{"type":${JSON.stringify(type)},"content":${content}}`;
}

/** Exactly these three members (rule S3). */
function toDeviceText(message: NonNullable<SyncAnswer["device"]>["toDevice"][number]): string {
  const { sender, type, content } = message;
  return `{"sender":${JSON.stringify(sender)},"type":${JSON.stringify(type)},"content":${content}}`;
}
