import type { DeviceOwner } from "../../../../../domain/kernel/requester.ts";
import type { AppserviceStatements, NewAppserviceMessageRow } from "../../hot-statements.ts";
import { placeBelow } from "../reserved-position.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";

const queue: SharedStatement<NewAppserviceMessageRow, undefined> = {
  writes: true,
  async run(query, messages) {
    const text = `INSERT INTO appservice_messages
        (appservice_id, position, user_id, device_id, sender, type, content, queued_at)
      SELECT appservice_id, (SELECT position FROM stream WHERE id = 1) - below, user_id, device_id, sender, type, content,
        queued_at
      FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
        AS message(appservice_id, below, user_id, device_id, sender, type, content, queued_at)`;
    await query("appservice_messages.add", text, [
      messages.map((message) => message.appservice_id),
      messages.map((message) => placeBelow(message.position)),
      messages.map((message) => message.user_id),
      messages.map((message) => message.device_id),
      messages.map((message) => message.sender),
      messages.map((message) => message.type),
      messages.map((message) => message.content),
      messages.map((message) => message.queued_at),
    ]);
    return messages.map(() => undefined);
  },
};

interface CountNotes {
  readonly appserviceId: string;
  readonly owners: readonly DeviceOwner[];
  readonly notedAt: number;
}

// Whoever notes waits for nobody. A note that is there is held until the end of the transaction, so that nobody removes
// it who cannot see the new counts yet; where somebody is removing it right now, another note is made beside it.
const noteText = `WITH noted AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
      AS noted(appservice_id, user_id, device_id, noted_at)),
    held AS (SELECT note.appservice_id, note.user_id, note.device_id FROM noted
      JOIN appservice_count_notes note USING (appservice_id, user_id, device_id) FOR KEY SHARE OF note SKIP LOCKED)
  INSERT INTO appservice_count_notes (appservice_id, user_id, device_id, note, noted_at)
  SELECT appservice_id, user_id, device_id, nextval('count_notes'), noted_at FROM noted
  WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.appservice_id = noted.appservice_id
    AND held.user_id = noted.user_id AND held.device_id = noted.device_id)`;

const note: SharedStatement<CountNotes, undefined> = {
  writes: true,
  async run(query, calls) {
    const notes = new Map<string, { appserviceId: string; owner: DeviceOwner; notedAt: number }>();
    for (const { appserviceId, owners, notedAt } of calls) {
      // No id has this character (it cannot be stored).
      for (const owner of owners) {
        notes.set([appserviceId, owner.userId, owner.deviceId].join("\0"), { appserviceId, owner, notedAt });
      }
    }
    const rows = [...notes.values()];
    await query("appservice_count_notes.add", noteText, [
      rows.map(({ appserviceId }) => appserviceId),
      rows.map(({ owner }) => owner.userId),
      rows.map(({ owner }) => owner.deviceId),
      rows.map(({ notedAt }) => notedAt),
    ]);
    return calls.map(() => undefined);
  },
};

const removeText = `DELETE FROM appservice_count_notes WHERE ctid = ANY (ARRAY(
    SELECT note.ctid FROM unnest($2::text[], $3::text[]) AS told(user_id, device_id)
    JOIN appservice_count_notes note ON note.appservice_id = $1
      AND note.user_id = told.user_id AND note.device_id = told.device_id
    FOR UPDATE OF note SKIP LOCKED))`;

/** What is written for appservices. */
export function appserviceStatements(runner: StatementRunner): AppserviceStatements {
  return {
    queueForAppservice: (message) => runner.together(queue, message),
    noteCounts: (appserviceId, owners, notedAt) => runner.together(note, { appserviceId, owners, notedAt }),
    async removeCountNotes(appserviceId, owners) {
      const parameters = [appserviceId, owners.map(({ userId }) => userId), owners.map(({ deviceId }) => deviceId)];
      await runner.write("appservice_count_notes.remove", removeText, parameters);
    },
  };
}
