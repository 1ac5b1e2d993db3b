import type { ClaimBudgetStore } from "../../../domain/one-time-keys/claim-budget-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlClaimBudgetStore(session: SqlSession): ClaimBudgetStore {
  const { db } = session;
  return {
    async findBudget({ userId, deviceId }, claimer) {
      const budget = db
        .selectFrom("claim_budgets")
        .select(["remaining", "refilled_at as refilledAt"])
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where("claimer", "=", claimer);
      return session.first("claim_budgets.find", budget);
    },
    async putBudget({ userId, deviceId }, claimer, { remaining, refilledAt }) {
      const values = { remaining, refilled_at: refilledAt };
      const put = db
        .insertInto("claim_budgets")
        .values({ user_id: userId, device_id: deviceId, claimer, ...values })
        .onConflict((conflict) => conflict.columns(["user_id", "device_id", "claimer"]).doUpdateSet(values));
      await session.run("claim_budgets.put", put);
    },
    async forgetBefore(time) {
      await session.run("claim_budgets.forget", db.deleteFrom("claim_budgets").where("refilled_at", "<", time));
    },
    async removeAll({ userId, deviceId }) {
      const all = db.deleteFrom("claim_budgets").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("claim_budgets.remove-all", all);
    },
  };
}
