import type { LeaseStore } from "../../../domain/kernel/lease-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlLeaseStore(session: SqlSession): LeaseStore {
  const { db } = session;
  return {
    async take(name, holder, lifetime) {
      const take = db
        .insertInto("leases")
        .values((row) => ({ name, holder, token: 1, expires_at: row(session.now(), "+", lifetime) }))
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet((row) => ({
              holder: row.ref("excluded.holder"),
              token: row
                .case()
                .when("leases.holder", "=", row.ref("excluded.holder"))
                .then(row.ref("leases.token"))
                .else(row("leases.token", "+", 1))
                .end(),
              expires_at: row.ref("excluded.expires_at"),
            }))
            .where((row) =>
              row.or([
                row("leases.holder", "=", row.ref("excluded.holder")),
                row("leases.holder", "is", null),
                row("leases.expires_at", "<=", session.now()),
              ]),
            ),
        )
        .returning("token");
      return (await session.first("leases.take", take))?.token;
    },
    async hasToken(name, token) {
      const held = db
        .selectFrom("leases")
        .select("name")
        .where("name", "=", name)
        .where("token", "=", token)
        .where("holder", "is not", null);
      return (await session.first("leases.has-token", held)) !== undefined;
    },
    async release(name, token) {
      // The row stays, for its token must never be given again.
      const release = db
        .updateTable("leases")
        .set({ holder: null })
        .where("name", "=", name)
        .where("token", "=", token);
      await session.run("leases.release", release);
    },
  };
}
