import type { KeyBackupStatements, KeyRankRow } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

const oneKey = "user_id = ? AND set_id = ? AND room_id = ? AND session_id = ?";

/**
 * What an upload to a key backup stands on. A large one does not hold the event loop: it keeps its turn of the
 * connection, and gives way to what needs none.
 */
export function keyBackupStatements(connection: SqliteConnection): KeyBackupStatements {
  const rank = connection.prepare<[string, number, string, string], KeyRankRow>(
    "backed_up_keys.rank",
    `SELECT is_verified, first_message_index, forwarded_count FROM backed_up_keys WHERE ${oneKey}`,
  );
  const put = connection.prepare<(string | number | null)[], never>(
    "backed_up_keys.put",
    `INSERT INTO backed_up_keys (user_id, set_id, room_id, session_id, first_message_index, forwarded_count,
       is_verified, session_data, device_id, uploaded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user_id, set_id, room_id, session_id) DO UPDATE SET
       first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
       is_verified = excluded.is_verified, session_data = excluded.session_data, device_id = excluded.device_id,
       uploaded_at = excluded.uploaded_at`,
  );
  return {
    async listKeyRanks({ userId, setId }, sessions) {
      const giveWay = connection.givingWay();
      const ranks: (KeyRankRow | undefined)[] = [];
      for (const { roomId, sessionId } of sessions) {
        ranks.push(rank.first(userId, setId, roomId, sessionId));
        await giveWay();
      }
      return ranks;
    },
    async putBackedUpKeys({ userId, setId }, rows, { deviceId, at }) {
      const giveWay = connection.givingWay();
      for (const row of rows) {
        put.run(
          ...[userId, setId, row.room_id, row.session_id, row.first_message_index, row.forwarded_count],
          ...[row.is_verified, row.session_data, deviceId ?? null, at],
        );
        await giveWay();
      }
    },
  };
}
