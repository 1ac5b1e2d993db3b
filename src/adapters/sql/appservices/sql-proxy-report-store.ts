import type { ProxyReportStore } from "../../../domain/appservices/proxy-report-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlProxyReportStore(session: SqlSession): ProxyReportStore {
  const { db } = session;
  return {
    async put(process, { appserviceId, kind, counts, pausedUntil, lastError }, reportedAt) {
      const report = {
        ...{ ...counts, reported_at: reportedAt },
        ...{ paused_until: pausedUntil ?? null, last_error: lastError ?? null },
      };
      const put = db
        .insertInto("appservice_proxy_reports")
        .values({ appservice_id: appserviceId, kind, process, ...report })
        .onConflict((conflict) => conflict.columns(["appservice_id", "kind", "process"]).doUpdateSet(report));
      await session.run("appservice_proxy_reports.put", put);
    },
    async listReports() {
      const all = db.selectFrom("appservice_proxy_reports").selectAll().orderBy("appservice_id").orderBy("kind");
      return (await session.all("appservice_proxy_reports.list", all)).map((row) => ({
        appserviceId: row.appservice_id,
        kind: row.kind,
        counts: { answered: row.answered, failed: row.failed, shared: row.shared, spared: row.spared },
        pausedUntil: row.paused_until ?? undefined,
        lastError: row.last_error ?? undefined,
      }));
    },
    async removeBefore(time) {
      const old = db.deleteFrom("appservice_proxy_reports").where("reported_at", "<", time);
      await session.run("appservice_proxy_reports.forget", old);
    },
  };
}
