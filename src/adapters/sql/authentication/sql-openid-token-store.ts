import type { OpenidTokenStore } from "../../../domain/authentication/openid/openid-token-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlOpenidTokenStore(session: SqlSession): OpenidTokenStore {
  const { db } = session;
  return {
    async add(digest, userId, expiresAt) {
      const token = db.insertInto("openid_tokens").values({ digest, user_id: userId, expires_at: expiresAt });
      await session.run("openid_tokens.add", token);
    },
    async findUser(digest, now) {
      const token = db
        .selectFrom("openid_tokens")
        .select("user_id")
        .where("digest", "=", digest)
        .where("expires_at", ">", now);
      return (await session.first("openid_tokens.find", token))?.user_id as UserId | undefined;
    },
    async forgetExpired(now) {
      await session.run("openid_tokens.forget", db.deleteFrom("openid_tokens").where("expires_at", "<=", now));
    },
  };
}
