import type { RefreshTokenStore } from "../../../domain/authentication/refresh-token-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlRefreshTokenStore(session: SqlSession): RefreshTokenStore {
  const { db } = session;
  return {
    async findByDigest(digest) {
      const token = db
        .selectFrom("refresh_tokens")
        .select(["user_id", "device_id", "predecessor_digest"])
        .where("digest", "=", digest);
      const row = await session.first("refresh_tokens.find", token);
      return (
        row && {
          digest,
          userId: row.user_id as UserId,
          deviceId: row.device_id as DeviceId,
          predecessor: row.predecessor_digest ?? undefined,
        }
      );
    },
    async listSuccessors({ userId, deviceId }, predecessor) {
      const successors = db
        .selectFrom("refresh_tokens")
        .select("digest")
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where("predecessor_digest", "=", predecessor)
        .orderBy("created_at")
        .orderBy("digest");
      return (await session.all("refresh_tokens.successors", successors)).map((row) => row.digest);
    },
    async add({ digest, userId, deviceId, predecessor }, createdAt) {
      const row = {
        digest,
        user_id: userId,
        device_id: deviceId,
        created_at: createdAt,
        predecessor_digest: predecessor ?? null,
      };
      await session.run("refresh_tokens.add", db.insertInto("refresh_tokens").values(row));
    },
    async remove({ userId, deviceId }, digests) {
      if (digests.length === 0) return;
      const named = db
        .deleteFrom("refresh_tokens")
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where("digest", "in", digests);
      await session.run("refresh_tokens.remove", named);
    },
    async forgetPredecessor(digest) {
      const used = db.updateTable("refresh_tokens").set({ predecessor_digest: null }).where("digest", "=", digest);
      await session.run("refresh_tokens.forget-predecessor", used);
    },
    async removeOfDevice({ userId, deviceId }) {
      const ofDevice = db.deleteFrom("refresh_tokens").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("refresh_tokens.remove-of-device", ofDevice);
    },
  };
}
