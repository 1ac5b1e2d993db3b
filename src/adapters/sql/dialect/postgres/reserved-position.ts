import { type Expression, type OperationNode, sql } from "kysely";
import type { StreamValue } from "../../stream-buffer.ts";

/**
 * One of the positions that the transaction has just reserved, so many below the last of them. The database fills it in,
 * so that nobody has to wait for the answer while the counter's row is locked.
 */
export class ReservedPosition implements Expression<number> {
  readonly below: number;

  constructor(below: number) {
    this.below = below;
  }

  get expressionType(): number | undefined {
    return undefined;
  }

  toOperationNode(): OperationNode {
    return sql<number>`(SELECT position FROM stream WHERE id = 1) - ${this.below}::bigint`.toOperationNode();
  }
}

/** How far below the last reserved position. */
export function placeBelow(position: StreamValue): number {
  if (position instanceof ReservedPosition) return position.below;
  throw new TypeError("On PostgreSQL positions are reserved by the transaction");
}
