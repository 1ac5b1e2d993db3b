import type { DeviceChangeStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

interface ListenerRow {
  readonly user_id: string;
  readonly server_name: string;
}

/** Who hears of a local user's devices, and what waits to be told. */
export function deviceChangeStatements(connection: SqliteConnection): DeviceChangeStatements {
  const listening = connection.prepare<[string], { server_name: string }>(
    "listening_servers.list",
    "SELECT server_name FROM listening_servers WHERE user_id = ? ORDER BY server_name",
  );
  const heardAt = connection.prepare<[string, string], { heard_at: number }>(
    "listening_servers.find",
    "SELECT heard_at FROM listening_servers WHERE user_id = ? AND server_name = ?",
  );
  const forget = connection.prepare<[number], ListenerRow>(
    "listening_servers.forget",
    "DELETE FROM listening_servers WHERE heard_at < ? RETURNING user_id, server_name",
  );
  const forgetTold = connection.prepare<[string, string], never>(
    "told_device_lists.forget",
    "DELETE FROM told_device_lists WHERE destination = ? AND user_id = ?",
  );
  const forgetChanges = connection.prepare<[string, string], never>(
    "federation_device_changes.forget",
    "DELETE FROM federation_device_changes WHERE destination = ? AND user_id = ?",
  );
  const removeEarlier = connection.prepare<[string, string, string], never>(
    "federation_device_changes.replace",
    "DELETE FROM federation_device_changes WHERE destination = ? AND user_id = ? AND device_id = ?",
  );
  const note = connection.prepare<[string, string, string, number], never>(
    "federation_device_changes.note",
    "INSERT INTO federation_device_changes (destination, user_id, device_id, position) VALUES (?, ?, ?, ?)",
  );
  const remove = connection.prepare<[string, number], never>(
    "federation_device_changes.remove",
    "DELETE FROM federation_device_changes WHERE destination = ? AND position <= ?",
  );
  const removeOfUser = connection.prepare<[string, string, number], never>(
    "federation_device_changes.remove-of-user",
    // Plus: by the key, for a user's changes are fewer than a destination's.
    "DELETE FROM federation_device_changes WHERE destination = ? AND user_id = ? AND +position <= ?",
  );
  return {
    async listListeningServers(userId) {
      return listening.all(userId).map((row) => row.server_name);
    },
    async findHeardAt(userId, server) {
      return heardAt.first(userId, server)?.heard_at;
    },
    async forgetListeners(before) {
      for (const { user_id, server_name } of forget.all(before)) {
        forgetTold.run(server_name, user_id);
        forgetChanges.run(server_name, user_id);
      }
    },
    async noteDeviceChange({ destinations, user_id, device_id, position }) {
      for (const destination of destinations) {
        removeEarlier.run(destination, user_id, device_id);
        note.run(destination, user_id, device_id, position as number);
      }
    },
    async removeDeviceChanges(destination, upTo, userId) {
      if (userId === undefined) remove.run(destination, upTo);
      else removeOfUser.run(destination, userId, upTo);
    },
  };
}
