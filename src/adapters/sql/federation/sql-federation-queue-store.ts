import { type Expression, type SelectQueryBuilder, sql } from "kysely";
import type { FederationQueueStore } from "../../../domain/federation-out/federation-queue-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { Schema } from "../schema.ts";
import type { SqlSession } from "../session.ts";
import type { StreamValue } from "../stream-buffer.ts";

/** Where others have a device id. */
const crossSigningKeys = "";

export function sqlFederationQueueStore(session: SqlSession): FederationQueueStore {
  const { db, hot } = session;
  const messagesTo = (destination: string) =>
    db.selectFrom("federation_messages").where("destination", "=", destination);
  const changesFor = (destination: string) =>
    db.selectFrom("federation_device_changes").where("destination", "=", destination);
  const transactionTo = (destination: string) =>
    db.selectFrom("federation_transactions").where("destination", "=", destination);
  const count = async (name: string, rows: SelectQueryBuilder<Schema, keyof Schema, { position: number }>) => {
    const counted = db.selectFrom(rows.as("waiting")).select((row) => row.fn.countAll<number>().as("count"));
    return (await session.first(name, counted))?.count ?? 0;
  };
  return {
    async addMessage(destination, edu, queuedAt) {
      session.stream.add((position) => hot.queueForServer({ destination, position, edu, queued_at: queuedAt }));
    },
    async listMessages(destination, limit) {
      const first = messagesTo(destination).select(["position", "edu"]).orderBy("position").limit(limit);
      return session.all("federation_messages.list", first);
    },
    async removeMessagesUpTo(destination, position) {
      const told = db
        .deleteFrom("federation_messages")
        .where("destination", "=", destination)
        .where("position", "<=", position);
      await session.run("federation_messages.remove", told);
    },
    async noteChange(destinations, userId, deviceId) {
      if (destinations.length === 0) return;
      const change = { destinations: [...destinations], user_id: userId, device_id: deviceId ?? crossSigningKeys };
      session.stream.add((position) => hot.noteDeviceChange({ ...change, position }));
    },
    async noteAllTold() {
      const anybody = db.selectFrom("told_device_lists").select("user_id").limit(1);
      if (!(await session.first("told_device_lists.any", anybody))) return;
      session.stream.add((position) => {
        return session.run("federation_device_changes.note-all-told", changeOfAllTold(db, position));
      });
    },
    async listChanges(destination, upTo, limit) {
      const first = changesFor(destination)
        .select(["position", "user_id", "device_id"])
        .where("position", "<=", upTo)
        .orderBy("position")
        .limit(limit);
      return (await session.all("federation_device_changes.list", first)).map(changeOf);
    },
    async removeChangesUpTo(destination, position) {
      await hot.removeDeviceChanges(destination, position, undefined);
    },
    async removeChangesOf(destination, userId, upTo) {
      await hot.removeDeviceChanges(destination, upTo, userId);
    },
    async listDestinations(after, limit) {
      const page = db.selectFrom(destinationsAfter(after ?? "", limit).as("page")).select("destination");
      const rows = await session.all("federation_queue.destinations", page);
      return rows.map((row) => row.destination as ServerName);
    },
    async hasWaiting(destination) {
      // In order, so that PostgreSQL does not hope to meet one soon by reading a whole table.
      const first = db.selectNoFrom([
        transactionTo(destination).select("made_at").as("transaction"),
        messagesTo(destination).select("position").orderBy("position").limit(1).as("message"),
        changesFor(destination).select("position").orderBy("position").limit(1).as("change"),
      ]);
      const waiting = await session.first("federation_queue.has", first);
      return waiting !== undefined && Object.values(waiting).some((found) => found !== null);
    },
    async countWaiting(destination, most) {
      const messages = messagesTo(destination).select("position").orderBy("position").limit(most);
      const changes = changesFor(destination).select("position").orderBy("position").limit(most);
      return Math.min(
        (await count("federation_messages.count", messages)) +
          (await count("federation_device_changes.count", changes)),
        most,
      );
    },
    forgetMessagesBefore(time, limit) {
      return hot.forgetServerMessages(time, limit);
    },
    forgetOldestMessages(destination, kept) {
      return hot.forgetOldestServerMessages(destination, kept);
    },
  };
}

function changeOf(row: { readonly position: number; readonly user_id: string; readonly device_id: string }) {
  const deviceId = row.device_id === crossSigningKeys ? undefined : (row.device_id as DeviceId);
  return { position: row.position, userId: row.user_id as UserId, deviceId };
}

/** From name to name, each by an index: what waits for one of them is not looked through. */
function destinationsAfter(after: string, limit: number) {
  return sql<{ destination: string }>`(
    WITH RECURSIVE page(destination, place) AS (
      SELECT (${nextAfter(sql`${after}`)}), 1
      UNION ALL
      SELECT (${nextAfter(sql`page.destination`)}), place + 1 FROM page
        WHERE destination IS NOT NULL AND place < ${limit})
    SELECT destination FROM page WHERE destination IS NOT NULL ORDER BY place)`;
}

/** The first name after one, or null. */
function nextAfter(name: Expression<unknown>) {
  return sql`SELECT min(next.destination) FROM (
    SELECT min(destination) AS destination FROM federation_messages WHERE destination > ${name}
    UNION ALL
    SELECT min(destination) FROM federation_device_changes WHERE destination > ${name}
    UNION ALL
    SELECT min(destination) FROM federation_transactions WHERE destination > ${name}) AS next`;
}

/** Told of as deleted, of a user who has no device with keys: any update of a device shows the gap before it. */
const noDevice = "NONE";

/** One row for each server and user in `told_device_lists`: any of the user's devices will do. */
function changeOfAllTold(db: SqlSession["db"], position: StreamValue) {
  const told = db
    .selectFrom("told_device_lists as told")
    .leftJoin("device_keys as device", "device.user_id", "told.user_id")
    .select((row) => [
      ...["told.destination" as const, "told.user_id" as const],
      row.fn.coalesce(row.fn.min("device.device_id"), sql.lit(noDevice)).as("device_id"),
      sql<number>`${position}`.as("position"),
    ])
    .groupBy(["told.destination", "told.user_id"]);
  const columns = ["destination", "user_id", "device_id", "position"] as const;
  return db.insertInto("federation_device_changes").columns(columns).expression(told);
}
