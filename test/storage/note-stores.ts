import { sqlStreamStore } from "../../src/adapters/sql/kernel/sql-stream-store.ts";
import type { SqlSession } from "../../src/adapters/sql/session.ts";

const owner = "@notes:example.org";

/** The smallest stores that show what a unit of work does: notes without and with a place in the stream. */
export function noteStores(session: SqlSession) {
  const { db } = session;
  return {
    notes: {
      async put(text: string): Promise<void> {
        await session.run(
          "notes.put",
          db.insertInto("filters").values({ user_id: owner, filter_id: text, definition: "" }),
        );
      },
      /** Takes a stream position. */
      async announce(text: string): Promise<void> {
        session.stream.add((position) =>
          session.run(
            "notes.announce",
            db.insertInto("account_data").values({ user_id: owner, type: text, content: "{}", position }),
          ),
        );
      },
      async listNotes(): Promise<string[]> {
        const query = db.selectFrom("filters").select("filter_id").orderBy("filter_id");
        return (await session.all("notes.list", query)).map((row) => row.filter_id);
      },
      /** In the order of their positions. */
      async listAnnounced(): Promise<{ type: string; position: number }[]> {
        return session.all(
          "notes.announced",
          db.selectFrom("account_data").select(["type", "position"]).orderBy("position"),
        );
      },
      async findCommitNumber(): Promise<number> {
        const row = await session.first("notes.commit-number", db.selectFrom("stream").select("commit_number"));
        return row?.commit_number ?? -1;
      },
    },
    stream: sqlStreamStore(session),
  };
}

export type NoteStores = ReturnType<typeof noteStores>;
