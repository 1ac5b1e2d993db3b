export interface ReferencesOf {
  readonly roomId: string;
  readonly parentIds: readonly string[];
  /** Of the last event that counts. */
  readonly depth: number;
  readonly position: number;
  /** For each of the parents. */
  readonly limit: number;
}

export interface ReferenceRow {
  readonly parent_id: string;
  readonly event_id: string;
  readonly sender: string;
}

/** What pages ask of what relates to their events. */
export interface RelationStatements {
  /** The newest of each parent, the newest first. */
  listReferences(asked: ReferencesOf): Promise<ReferenceRow[]>;
}
