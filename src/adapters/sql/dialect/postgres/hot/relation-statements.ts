import type { ReferenceRow, ReferencesOf, RelationStatements } from "../../relation-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import { forEachKey } from "./for-each.ts";

interface ReferencesOfOne extends Omit<ReferencesOf, "parentIds"> {
  readonly parentId: string;
}

const listReferences = forEachKey<ReferencesOfOne, ReferenceRow, readonly ReferenceRow[]>({
  name: "event_relations.references",
  parameters: { parent_id: "text", room_id: "text", up_to_depth: "bigint", up_to_position: "bigint", most: "int" },
  select: `SELECT relation.parent_id, relation.event_id, relation.sender, relation.depth, relation.position
    FROM event_relations relation
    WHERE relation.parent_id = asked.parent_id AND relation.room_id = asked.room_id
      AND relation.rel_type = 'm.reference'
      AND (relation.depth, relation.position) <= (asked.up_to_depth, asked.up_to_position)
    ORDER BY relation.depth DESC, relation.position DESC LIMIT asked.most`,
  order: "depth DESC, position DESC",
  values: ({ parentId, roomId, depth, position, limit }) => [parentId, roomId, depth, position, limit],
  answer: (rows) => rows,
});

/** What pages ask of what relates to their events. */
export function relationStatements(runner: StatementRunner): RelationStatements {
  return {
    async listReferences({ parentIds, ...asked }) {
      const found = parentIds.map((parentId) => runner.together(listReferences, { ...asked, parentId }));
      return (await Promise.all(found)).flat();
    },
  };
}
