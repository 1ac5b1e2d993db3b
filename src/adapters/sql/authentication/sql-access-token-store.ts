import type { AccessTokenStore } from "../../../domain/authentication/access-token-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlAccessTokenStore(session: SqlSession): AccessTokenStore {
  const { db, hot } = session;
  return {
    async findByDigest(digest) {
      const row = await hot.findAccessToken(digest);
      return (
        row && {
          userId: row.user_id as UserId,
          deviceId: row.device_id as DeviceId,
          expiresAt: row.expires_at ?? undefined,
          predecessor: row.predecessor_digest ?? undefined,
        }
      );
    },
    async findRefreshDigest(digest) {
      const row = db.selectFrom("access_tokens").select("refresh_digest").where("digest", "=", digest);
      return (await session.first("access_tokens.refresh-digest", row))?.refresh_digest ?? undefined;
    },
    async add(token) {
      const row = {
        digest: token.digest,
        user_id: token.userId,
        device_id: token.deviceId,
        created_at: token.createdAt,
        expires_at: token.expiresAt ?? null,
        refresh_digest: token.refreshDigest ?? null,
        predecessor_digest: token.predecessor ?? null,
      };
      await session.run("access_tokens.add", db.insertInto("access_tokens").values(row));
    },
    async removeIssuedWith({ userId, deviceId }, refreshDigests) {
      if (refreshDigests.length === 0) return;
      const issued = db
        .deleteFrom("access_tokens")
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where("refresh_digest", "in", refreshDigests);
      await session.run("access_tokens.remove-issued-with", issued);
    },
    async forgetPredecessor({ userId, deviceId }, refreshDigest) {
      const used = db
        .updateTable("access_tokens")
        .set({ predecessor_digest: null })
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where("refresh_digest", "=", refreshDigest);
      await session.run("access_tokens.forget-predecessor", used);
    },
    async removeOfDevice({ userId, deviceId }) {
      const ofDevice = db.deleteFrom("access_tokens").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("access_tokens.remove-of-device", ofDevice);
    },
  };
}
