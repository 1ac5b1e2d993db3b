import type { LoginThrottleStore } from "../../../domain/authentication/login-throttle-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlLoginThrottleStore(session: SqlSession): LoginThrottleStore {
  const { db } = session;
  return {
    async findThrottle(subject) {
      const throttle = db
        .selectFrom("login_throttles")
        .select(["attempts", "leaked_at as leakedAt"])
        .where("subject", "=", subject);
      return session.first("login_throttles.find", throttle);
    },
    async put(subject, { attempts, leakedAt }) {
      const put = db
        .insertInto("login_throttles")
        .values({ subject, attempts, leaked_at: leakedAt })
        .onConflict((conflict) => conflict.column("subject").doUpdateSet({ attempts, leaked_at: leakedAt }));
      await session.run("login_throttles.put", put);
    },
    async remove(subject) {
      await session.run("login_throttles.remove", db.deleteFrom("login_throttles").where("subject", "=", subject));
    },
    async forgetBefore(time) {
      await session.run("login_throttles.forget", db.deleteFrom("login_throttles").where("leaked_at", "<", time));
    },
  };
}
