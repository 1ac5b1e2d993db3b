import type { ListeningServerStore } from "../../../domain/device-lists/listening-server-store.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { SqlSession } from "../session.ts";

export function sqlListeningServerStore(session: SqlSession): ListeningServerStore {
  const { db, hot } = session;
  return {
    async listServers(userId) {
      return (await hot.listListeningServers(userId)) as ServerName[];
    },
    findHeardAt(userId, server) {
      return hot.findHeardAt(userId, server);
    },
    async put(userId, server, heardAt) {
      const put = db
        .insertInto("listening_servers")
        .values({ user_id: userId, server_name: server, heard_at: heardAt })
        .onConflict((conflict) => conflict.columns(["user_id", "server_name"]).doUpdateSet({ heard_at: heardAt }));
      await session.run("listening_servers.put", put);
    },
    forgetBefore(time) {
      return hot.forgetListeners(time);
    },
  };
}
