import { HttpAppserviceGateway } from "../adapters/appservices/http-appservice-gateway.ts";
import type { Finding } from "../adapters/system/check-data-dir.ts";
import type { Config } from "../config/config.ts";
import { type FeedState, listFeedStates, mostWaiting } from "../domain/appservice-feed/list-feed-states.ts";
import type { Appservice } from "../domain/appservices/appservices.ts";
import type { ProxyReport } from "../domain/appservices/proxy-report-store.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import { loadAppservices } from "./appservices.ts";
import { openForCommand } from "./open-for.ts";
import { ago, soon } from "./spoken-times.ts";

/** For `claviger doctor`: how each appservice is, as this machine reaches it and as the server's processes have written down. */
export async function checkAppservices(config: Config, clock: Clock): Promise<Finding[]> {
  const appservices = await loadAppservices(config);
  const database = await openForCommand(config);
  try {
    const feeds = await listFeedStates({ ...database, appservices });
    const reports = await database.snapshots.read((stores) => stores.proxyReports.listReports());
    const gateway = new HttpAppserviceGateway(clock);
    const registered = appservices.all.map(async (appservice): Promise<Finding> => {
      const feed = feeds.find(({ id }) => id === appservice.id);
      const reached = await reach(gateway, appservice);
      const parts = [
        reached.detail,
        feed && describeFeed(feed, clock.now()),
        ...describeProxies(
          reports.filter((report) => report.appserviceId === appservice.id),
          clock.now(),
        ),
      ];
      return {
        name: `appservice ${appservice.id}`,
        ok: reached.ok && (feed?.up ?? true),
        detail: parts.filter((part) => part !== undefined).join("; "),
      };
    });
    const gone = feeds.filter(({ isRegistered }) => !isRegistered);
    const findings = [...(await Promise.all(registered)), ...gone.map((feed) => describeGone(feed, clock.now()))];
    await gateway.close();
    return findings;
  } finally {
    await database.close();
  }
}

async function reach(gateway: HttpAppserviceGateway, appservice: Appservice): Promise<Omit<Finding, "name">> {
  if (appservice.registration.url === undefined) return { ok: true, detail: "no url, so it is sent nothing" };
  const answer = await gateway.ping(appservice, undefined);
  if (typeof answer === "number") return { ok: true, detail: `answers in ${answer} ms` };
  // One that is older than pings is there all the same.
  const isThere = answer.kind === "status" && (answer.status === 404 || answer.status === 405);
  return isThere ? { ok: true, detail: "is there (it does not know pings)" } : { ok: false, detail: answer.error };
}

function describeFeed(feed: FeedState, now: number): string {
  const failing =
    feed.failingSince === undefined
      ? "takes its transactions"
      : `has taken no transaction for ${ago(feed.failingSince, now)} (${feed.lastError ?? "for no known reason"}), tried again ${soon(feed.nextAttemptAt, now)}`;
  return `${failing}, ${describeQueue(feed, now)}`;
}

function describeQueue({ waiting, transactionPending, oldestWaitingSince }: FeedState, now: number): string {
  const pending = transactionPending ? 1 : 0;
  if (waiting + pending === 0) return "nothing waits";
  const count = waiting >= mostWaiting ? `${mostWaiting} or more wait` : `${waiting + pending} wait`;
  return oldestWaitingSince === undefined ? count : `${count}, the first for ${ago(oldestWaitingSince, now)}`;
}

function describeProxies(reports: readonly ProxyReport[], now: number): string[] {
  return (["claim", "query"] as const).flatMap((kind) => {
    const ofKind = reports.filter((report) => report.kind === kind);
    if (ofKind.length === 0) return [];
    const sum = (outcome: keyof ProxyReport["counts"]) =>
      ofKind.reduce((total, { counts }) => total + counts[outcome], 0);
    const pause = Math.max(0, ...ofKind.map(({ pausedUntil = 0 }) => pausedUntil));
    const error = ofKind.find(({ lastError }) => lastError !== undefined)?.lastError;
    const counts = `${sum("answered")} answered, ${sum("failed")} failed, ${sum("shared")} shared, ${sum("spared")} spared`;
    const failing = error === undefined ? "" : ` (${error})`;
    return [
      `${kind === "claim" ? "claims" : "queries"}: ${counts}${failing}${pause > now ? `, asked again ${soon(pause, now)}` : ""}`,
    ];
  });
}

function describeGone(feed: FeedState, now: number): Finding {
  const detail = `not in the config any more; ${describeQueue(feed, now)}`;
  return { name: `appservice ${feed.id}`, ok: true, detail };
}
