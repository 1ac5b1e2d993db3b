import type {
  FetchedServer,
  ServerKeyStore,
  StoredServerKey,
} from "../../../domain/federation-out/server-key-store.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { ServerKeyRow } from "../dialect/hot-statements.ts";
import type { SqlSession } from "../session.ts";

export function sqlServerKeyStore(session: SqlSession): ServerKeyStore {
  const { db, hot } = session;
  return {
    async findKey(server, keyId) {
      const row = await hot.findServerKey(server, keyId);
      return row && keyOf(row);
    },
    async listKeys(server) {
      const keys = db
        .selectFrom("server_keys")
        .select(["key_id", "public_key", "valid_until", "expired_at", "fetched_at"])
        .where("server_name", "=", server)
        .orderBy("key_id");
      return (await session.all("server_keys.list", keys)).map(keyOf);
    },
    async findObject(server) {
      const object = db
        .selectFrom("server_key_objects")
        .select(["json", "valid_until as validUntil", "fetched_at as fetchedAt"])
        .where("server_name", "=", server);
      return session.first("server_key_objects.find", object);
    },
    async putKeys(server, keys) {
      // In one order, so that no two wait for each other.
      for (const key of keys.toSorted((one, other) => (one.keyId < other.keyId ? -1 : 1))) {
        const values = {
          public_key: key.publicKey,
          valid_until: key.validUntil,
          expired_at: key.expiredAt ?? null,
          fetched_at: key.fetchedAt,
        };
        const put = db
          .insertInto("server_keys")
          .values({ server_name: server, key_id: key.keyId, ...values })
          .onConflict((conflict) => conflict.columns(["server_name", "key_id"]).doUpdateSet(values));
        await session.run("server_keys.put", put);
      }
    },
    async removeKeys(server, keyIds) {
      if (keyIds.length === 0) return;
      const removed = db.deleteFrom("server_keys").where("server_name", "=", server).where("key_id", "in", keyIds);
      await session.run("server_keys.remove", removed);
    },
    ...objects(session),
  };
}

type ObjectMethods = "putObject" | "listServersInvalidBefore" | "listServersBeyond" | "forget";

function objects(session: SqlSession): Pick<ServerKeyStore, ObjectMethods> {
  const { db } = session;
  return {
    async putObject(server, { json, validUntil, fetchedAt }) {
      const values = { json, valid_until: validUntil, fetched_at: fetchedAt };
      const put = db
        .insertInto("server_key_objects")
        .values({ server_name: server, ...values })
        .onConflict((conflict) => conflict.column("server_name").doUpdateSet(values));
      await session.run("server_key_objects.put", put);
    },
    async listServersInvalidBefore(time, limit) {
      const invalid = db
        .selectFrom("server_key_objects")
        .select(["server_name", "fetched_at"])
        .where("valid_until", "<", time)
        .orderBy("valid_until")
        .limit(limit);
      return (await session.all("server_key_objects.invalid", invalid)).map(fetchedServer);
    },
    async listServersBeyond(kept, limit) {
      const beyond = db
        .selectFrom("server_key_objects")
        .select(["server_name", "fetched_at"])
        .orderBy("fetched_at", "desc")
        .limit(limit)
        .offset(kept);
      return (await session.all("server_key_objects.beyond", beyond)).map(fetchedServer);
    },
    async forget({ server, fetchedAt }) {
      const object = db
        .deleteFrom("server_key_objects")
        .where("server_name", "=", server)
        .where("fetched_at", "<=", fetchedAt);
      if ((await session.run("server_key_objects.forget", object)) === 0) return;
      await session.run("server_keys.forget", db.deleteFrom("server_keys").where("server_name", "=", server));
    },
  };
}

function fetchedServer(row: { server_name: string; fetched_at: number }): FetchedServer {
  return { server: row.server_name as ServerName, fetchedAt: row.fetched_at };
}

function keyOf(row: ServerKeyRow): StoredServerKey {
  return {
    keyId: row.key_id,
    publicKey: row.public_key,
    validUntil: row.valid_until,
    expiredAt: row.expired_at ?? undefined,
    fetchedAt: row.fetched_at,
  };
}
