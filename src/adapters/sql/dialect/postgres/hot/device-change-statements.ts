import type { DeviceChangeRow, DeviceChangeStatements } from "../../hot-statements.ts";
import { placeBelow } from "../reserved-position.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

const listListeningServers = forEachKey<string, { server_name: string }, string[]>({
  name: "listening_servers.list",
  parameters: { user_id: "text" },
  select: "SELECT server_name FROM listening_servers row WHERE row.user_id = asked.user_id",
  order: "server_name",
  values: (userId) => [userId],
  answer: (rows) => rows.map(({ server_name }) => server_name),
});

const findHeardAt = forEachKey<{ userId: string; server: string }, { heard_at: number }, number | undefined>({
  name: "listening_servers.find",
  parameters: { user_id: "text", server_name: "text" },
  select: `SELECT heard_at FROM listening_servers row
    WHERE row.user_id = asked.user_id AND row.server_name = asked.server_name`,
  values: ({ userId, server }) => [userId, server],
  answer: ([row]) => row?.heard_at,
});

const forgetText = "DELETE FROM listening_servers WHERE heard_at < $1 RETURNING user_id, server_name";
const forgetToldText = `DELETE FROM told_device_lists row USING unnest($1::text[], $2::text[]) AS gone(user_id, server_name)
  WHERE row.destination = gone.server_name AND row.user_id = gone.user_id`;
const forgetChangesText = `DELETE FROM federation_device_changes WHERE ctid = ANY (ARRAY(
  SELECT row.ctid FROM unnest($1::text[], $2::text[]) AS gone(user_id, server_name)
  JOIN federation_device_changes row ON row.destination = gone.server_name AND row.user_id = gone.user_id
  FOR UPDATE OF row SKIP LOCKED))`;

// Whoever notes a change holds up the whole stream, and must wait for nobody: what somebody is removing right now stays
// beside the new row, until it is gone or the next change removes it.
const noteText = `WITH noted AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
      AS noted(destination, user_id, device_id, below)),
    removed AS (DELETE FROM federation_device_changes WHERE ctid = ANY (ARRAY(
      SELECT earlier.ctid FROM noted JOIN federation_device_changes earlier USING (destination, user_id, device_id)
      FOR UPDATE OF earlier SKIP LOCKED)))
  INSERT INTO federation_device_changes (destination, user_id, device_id, position)
  SELECT destination, user_id, device_id, (SELECT position FROM stream WHERE id = 1) - below FROM noted`;

const note: SharedStatement<DeviceChangeRow, undefined> = {
  writes: true,
  async run(query, changes) {
    // Of several changes of a device the last one counts. No id has this character (it cannot be stored).
    const last = new Map<string, readonly [destination: string, change: DeviceChangeRow]>();
    for (const change of changes) {
      for (const destination of change.destinations) {
        last.set([destination, change.user_id, change.device_id].join("\0"), [destination, change]);
      }
    }
    const rows = [...last.values()];
    await query("federation_device_changes.note", noteText, [
      rows.map(([destination]) => destination),
      rows.map(([, { user_id }]) => user_id),
      rows.map(([, { device_id }]) => device_id),
      rows.map(([, { position }]) => placeBelow(position)),
    ]);
    return changes.map(() => undefined);
  },
};

const removeText = `DELETE FROM federation_device_changes WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM federation_device_changes WHERE destination = $1 AND position <= $2 FOR UPDATE SKIP LOCKED))`;
const removeOfUserText = `DELETE FROM federation_device_changes WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM federation_device_changes WHERE destination = $1 AND user_id = $2 AND position <= $3
  FOR UPDATE SKIP LOCKED))`;

/** Who hears of a local user's devices, and what waits to be told. */
export function deviceChangeStatements(runner: StatementRunner): DeviceChangeStatements {
  return {
    listListeningServers: (userId) => runner.together(listListeningServers, userId),
    findHeardAt: (userId, server) => runner.together(findHeardAt, { userId, server }),
    async forgetListeners(before) {
      const forgotten = await runner.write<{ user_id: string; server_name: string }>(
        "listening_servers.forget",
        forgetText,
        [before],
      );
      const gone = [forgotten.rows.map((row) => row.user_id), forgotten.rows.map((row) => row.server_name)];
      await runner.write("told_device_lists.forget", forgetToldText, gone);
      await runner.write("federation_device_changes.forget", forgetChangesText, gone);
    },
    noteDeviceChange: (change) => runner.together(note, change),
    async removeDeviceChanges(destination, upTo, userId) {
      const name = "federation_device_changes.remove";
      if (userId === undefined) await runner.write(name, removeText, [destination, upTo]);
      else await runner.write(`${name}-of-user`, removeOfUserText, [destination, userId, upTo]);
    },
  };
}
