import assert from "node:assert/strict";
import type { ProxyReport } from "../../src/domain/appservices/proxy-report-store.ts";
import { contract } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { noon } from "./owners.ts";

const paused: ProxyReport = {
  ...{ appserviceId: "irc", kind: "query", counts: { answered: 7, failed: 3, shared: 1000, spared: 20 } },
  ...{ pausedUntil: noon + 60_000, lastError: "it does not know the route" },
};
const well: ProxyReport = { ...paused, kind: "claim", pausedUntil: undefined, lastError: undefined };

contract("proxyReports", {
  "reports come back as they were put": async (database) => {
    await put(database, "one", well);
    await put(database, "one", paused);
    assert.deepEqual(await list(database), [well, paused]);
  },

  "a process's newer report replaces its older one, and no other's": async (database) => {
    await put(database, "one", paused);
    await put(database, "two", paused);
    const newer = { ...paused, counts: { ...paused.counts, answered: 8 }, pausedUntil: undefined };
    await put(database, "one", newer);
    const answered = (await list(database)).map(({ counts }) => counts.answered);
    assert.deepEqual(answered.sort(), [7, 8]);
  },

  "reports before a time are forgotten, later ones stay": async (database) => {
    await put(database, "one", paused, noon);
    await put(database, "two", well, noon + 1);
    await database.unitOfWork.run({}, ({ proxyReports }) => proxyReports.removeBefore(noon + 1));
    assert.deepEqual(await list(database), [well]);
  },
});

function put(database: TestDatabase, process: string, report: ProxyReport, at = noon): Promise<void> {
  return database.unitOfWork.run({}, ({ proxyReports }) => proxyReports.put(process, report, at));
}

function list(database: TestDatabase): Promise<ProxyReport[]> {
  return database.snapshots.read(({ proxyReports }) => proxyReports.listReports());
}
