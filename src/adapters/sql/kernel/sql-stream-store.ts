import { nextEpoch, type StreamStore } from "../../../domain/kernel/stream-position.ts";
import type { SqlSession } from "../session.ts";

export function sqlStreamStore(session: SqlSession): StreamStore {
  const { db, hot } = session;
  return {
    findPosition() {
      return hot.findStreamPosition();
    },
    async beginEpoch() {
      const position = nextEpoch(await hot.findStreamPosition());
      // Greater than, so that two epochs begun at once are one, and the counter never goes back.
      const query = db.updateTable("stream").set({ position }).where("id", "=", 1).where("position", "<", position);
      await session.run("stream.begin-epoch", query);
      return position;
    },
  };
}
