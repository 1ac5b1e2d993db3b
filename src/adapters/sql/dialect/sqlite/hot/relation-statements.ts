import type { ReferenceRow, RelationStatements } from "../../relation-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What pages ask of what relates to their events. Much of it at once does not hold the event loop. */
export function relationStatements(connection: SqliteConnection): RelationStatements {
  const references = connection.prepare<[string, string, number, number, number], ReferenceRow>(
    "event_relations.references",
    `SELECT parent_id, event_id, sender FROM event_relations
     WHERE parent_id = +? AND room_id = +? AND rel_type = 'm.reference' AND (depth, position) <= (+?, +?)
     ORDER BY depth DESC, position DESC LIMIT +?`,
  );
  return {
    async listReferences({ roomId, parentIds, depth, position, limit }) {
      const giveWay = connection.givingWay();
      const rows: ReferenceRow[] = [];
      for (const parentId of parentIds) {
        rows.push(...references.all(parentId, roomId, depth, position, limit));
        await giveWay();
      }
      return rows;
    },
  };
}
