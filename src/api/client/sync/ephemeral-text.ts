import type { SyncAnswer } from "../../../domain/sync/sync.ts";
import { objectText } from "../../../protocol/json-text.ts";

type Ephemeral = SyncAnswer["rooms"]["join"][number]["ephemeral"];
type Receipt = Ephemeral["receipts"][number];

/** The events `m.typing` and `m.receipt`, as far as there are any. */
export function ephemeralTexts({ typing, receipts }: Ephemeral): string[] {
  const texts: string[] = [];
  if (typing) texts.push(JSON.stringify({ type: "m.typing", content: { user_ids: typing } }));
  if (receipts.length > 0) texts.push(`{"type":"m.receipt","content":${receiptsText(receipts)}}`);
  return texts;
}

/**
 * By event, type and user: `{ "$event": { "m.read": { "@user": { "ts": … } } } }`. Of receipts by one user in two threads
 * of which both name one event, the last is told: there is no other way to say it.
 * https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
function receiptsText(receipts: readonly Receipt[]): string {
  const byEvent = Map.groupBy(receipts, ({ eventId }) => eventId);
  return objectText([...byEvent].map(([eventId, ofEvent]) => [eventId, typesText(ofEvent)]));
}

function typesText(receipts: readonly Receipt[]): string {
  const byType = Map.groupBy(receipts, ({ type }) => type);
  return objectText([...byType].map(([type, ofType]) => [type, usersText(ofType)]));
}

function usersText(receipts: readonly Receipt[]): string {
  const byUser = new Map(
    receipts.map(({ userId, receivedAt: ts, threadId: thread_id }) => [userId, { ts, thread_id }]),
  );
  return objectText([...byUser].map(([userId, receipt]) => [userId, JSON.stringify(receipt)]));
}
