import type { BackedUpKeyRow, KeyBackupStatements, KeyRankRow } from "../../hot-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";

/** Keys in one statement. */
const portion = 500;

// One lookup for each session, whatever the planner thinks of how many keys a user has: LIMIT forbids it to join.
const ranksText = `SELECT asked.place, found.* FROM unnest($3::text[], $4::text[])
    WITH ORDINALITY AS asked(room_id, session_id, place)
  CROSS JOIN LATERAL (
    SELECT is_verified, first_message_index, forwarded_count FROM backed_up_keys
    WHERE user_id = $1 AND set_id = $2 AND room_id = asked.room_id AND session_id = asked.session_id LIMIT 1) AS found`;

const putText = `INSERT INTO backed_up_keys AS stored (user_id, set_id, room_id, session_id, first_message_index,
    forwarded_count, is_verified, session_data, device_id, uploaded_at)
  SELECT $1, $2, uploaded.*, $9, $10
  FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[]) AS uploaded
  ON CONFLICT (user_id, set_id, room_id, session_id) DO UPDATE SET
    first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
    is_verified = excluded.is_verified, session_data = excluded.session_data, device_id = excluded.device_id,
    uploaded_at = excluded.uploaded_at`;

/** What an upload to a key backup stands on. */
export function keyBackupStatements(runner: StatementRunner): KeyBackupStatements {
  return {
    async listKeyRanks({ userId, setId }, sessions) {
      const ranks: (KeyRankRow | undefined)[] = new Array(sessions.length).fill(undefined);
      for (let from = 0; from < sessions.length; from += portion) {
        const asked = sessions.slice(from, from + portion);
        const names = [asked.map(({ roomId }) => roomId), asked.map(({ sessionId }) => sessionId)];
        const parameters = [userId, setId, ...names];
        const found = await runner.read<KeyRankRow & { place: number }>("backed_up_keys.rank", ranksText, parameters);
        for (const { place, ...rank } of found.rows) ranks[from + place - 1] = rank;
      }
      return ranks;
    },
    async putBackedUpKeys({ userId, setId }, rows, { deviceId, at }) {
      for (let from = 0; from < rows.length; from += portion) {
        const some = rows.slice(from, from + portion);
        const column = (name: keyof BackedUpKeyRow) => some.map((row) => row[name]);
        await runner.write("backed_up_keys.put", putText, [
          ...[userId, setId, column("room_id"), column("session_id"), column("first_message_index")],
          ...[column("forwarded_count"), column("is_verified"), column("session_data"), deviceId ?? null, at],
        ]);
      }
    },
  };
}
