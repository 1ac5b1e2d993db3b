import Sqlite from "better-sqlite3";
import pg from "pg";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";

export interface RoomRow {
  readonly room_id: string;
  readonly version: string;
  readonly depth: number;
  readonly state_after: number | null;
  readonly last_snapshot: number;
  readonly joined_members: number;
  readonly invited_members: number;
  readonly event_position: number;
}

export interface EventRow {
  readonly event_id: string;
  readonly room_id: string;
  /** `null`: it stands in no timeline. */
  readonly position: number | null;
  readonly depth: number;
  readonly type: string;
  readonly state_key: string | null;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly content: string;
  readonly envelope: string;
  readonly state_before: number | null;
  readonly state_after: number | null;
  readonly replaces_event_id: string | null;
  readonly redacted_by: string | null;
}

export interface SnapshotRow {
  readonly room_id: string;
  readonly snapshot_id: number;
  readonly parent_id: number | null;
  readonly height: number;
}

export interface DeltaRow {
  readonly room_id: string;
  readonly snapshot_id: number;
  readonly type: string;
  readonly state_key: string;
  readonly event_id: string | null;
}

/** A table with a room in each of its rows, of which only what is compared is looked at. */
export type AnyRow = { readonly room_id: string } & Readonly<Record<string, string | number | null>>;

/** All that a database says of rooms, read at one moment. */
export interface RoomRows {
  readonly rooms: readonly RoomRow[];
  /** By position; those of no timeline last. */
  readonly events: readonly EventRow[];
  readonly snapshots: readonly SnapshotRow[];
  readonly deltas: readonly DeltaRow[];
  readonly extremities: readonly AnyRow[];
  readonly state: readonly AnyRow[];
  readonly members: readonly AnyRow[];
  readonly stays: readonly AnyRow[];
  readonly relations: readonly AnyRow[];
  readonly threads: readonly AnyRow[];
  readonly sent: readonly AnyRow[];
  readonly aliases: readonly AnyRow[];
  readonly receipts: readonly AnyRow[];
  readonly typing: readonly AnyRow[];
  /** The last one that was given out. */
  readonly position: number;
}

type Read = (query: string) => Promise<unknown[]>;

/** Also while servers use it. */
export async function readRoomRows(place: DatabasePlace): Promise<RoomRows> {
  if (place.engine === "postgres") return readPostgres(place.url);
  const database = new Sqlite(place.path, { readonly: true });
  try {
    database.exec("BEGIN");
    return await readConnection(database);
  } finally {
    database.close();
  }
}

/** In the transaction that is open. */
export function readConnection(database: Sqlite.Database): Promise<RoomRows> {
  return readAll(async (query) => database.prepare(query).all());
}

const bigint = 20;

async function readPostgres(url: string): Promise<RoomRows> {
  const getTypeParser = (oid: number) => (oid === bigint ? Number : pg.types.getTypeParser(oid));
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } as pg.CustomTypesConfig });
  await client.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return await readAll(async (query) => (await client.query(query)).rows);
  } finally {
    await client.end();
  }
}

async function readAll(read: Read): Promise<RoomRows> {
  const table = async <Row>(name: string) => (await read(`SELECT * FROM ${name}`)) as Row[];
  const events = await table<EventRow>("events");
  const [stream] = await table<{ position: number }>("stream");
  return {
    rooms: await table("rooms"),
    events: events.sort((one, other) => (one.position ?? Infinity) - (other.position ?? Infinity)),
    snapshots: await table("state_snapshots"),
    deltas: await table("state_deltas"),
    extremities: await table("forward_extremities"),
    state: await table("room_state"),
    members: await table("room_members"),
    stays: await table("room_stays"),
    relations: await table("event_relations"),
    threads: await table("threads"),
    sent: await table("sent_events"),
    aliases: await table("room_aliases"),
    receipts: await table("receipts"),
    typing: await table("typing"),
    position: stream?.position ?? 0,
  };
}
