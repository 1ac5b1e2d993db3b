import type { InteractiveSessionStore } from "../../../domain/authentication/user-interactive/interactive-session-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";
import { StorageInconsistencyError } from "../storage-inconsistency-error.ts";

export function sqlInteractiveSessionStore(session: SqlSession): InteractiveSessionStore {
  const { db } = session;
  return {
    async findSession(sessionId) {
      const found = db.selectFrom("ui_auth_sessions").selectAll().where("session_id", "=", sessionId);
      const row = await session.first("ui_auth_sessions.find", found);
      return (
        row && {
          sessionId,
          method: row.method,
          path: row.path,
          bodyDigest: row.body_digest,
          userId: (row.user_id ?? undefined) as UserId | undefined,
          completed: parseCompleted(row.completed, sessionId),
          createdAt: row.created_at,
          consumed: row.consumed_at !== null,
        }
      );
    },
    async add(added) {
      const row = {
        session_id: added.sessionId,
        method: added.method,
        path: added.path,
        body_digest: added.bodyDigest,
        user_id: added.userId ?? null,
        completed: JSON.stringify(added.completed),
        created_at: added.createdAt,
        consumed_at: null,
      };
      await session.run("ui_auth_sessions.add", db.insertInto("ui_auth_sessions").values(row));
    },
    async putCompleted(sessionId, completed) {
      const put = db
        .updateTable("ui_auth_sessions")
        .set({ completed: JSON.stringify(completed) })
        .where("session_id", "=", sessionId);
      await session.run("ui_auth_sessions.put-completed", put);
    },
    async consume(sessionId, time, now) {
      const consumed = db
        .updateTable("ui_auth_sessions")
        .set({ consumed_at: now })
        .where("session_id", "=", sessionId)
        .where("consumed_at", "is", null)
        .where("created_at", ">=", time);
      return (await session.run("ui_auth_sessions.consume", consumed)) === 1;
    },
    async removeBefore(time) {
      const old = db.deleteFrom("ui_auth_sessions").where("created_at", "<", time);
      await session.run("ui_auth_sessions.remove-old", old);
    },
  };
}

function parseCompleted(text: string, sessionId: string): string[] {
  const completed = parseJson(text);
  if (Array.isArray(completed) && completed.every((stage) => typeof stage === "string")) return completed;
  throw new StorageInconsistencyError("ui_auth_sessions", "completed", `${sessionId.slice(0, 6)}…`);
}

/** `undefined` for text that is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
