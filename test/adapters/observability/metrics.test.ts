import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppserviceState } from "../../../src/adapters/observability/appservice-metrics.ts";
import { Counter } from "../../../src/adapters/observability/counter.ts";
import { createObservability } from "../../../src/adapters/observability/create-observability.ts";
import { metricCatalogue } from "../../../src/adapters/observability/metric-catalogue.ts";
import { Metrics } from "../../../src/adapters/observability/metrics.ts";
import { captureLog } from "./captured-log.ts";
import { parseExposition } from "./exposition.ts";
import { HandClock } from "./hand-clock.ts";
import { bobsPhone } from "./owners.ts";

const bridge: AppserviceState = {
  id: "irc",
  up: false,
  waiting: 12,
  waitingFor: 90_000,
  backoff: { transactions: 4000, claims: 0, queries: 60_000 },
};

async function observeServer() {
  const clock = new HandClock();
  const { logger } = await captureLog(clock);
  const observability = createObservability({
    logger,
    clock,
    version: "1.2.3",
    refillMinutes: 10,
    waitingSyncs: () => 17,
    appservices: { ids: ["irc"], states: async () => [bridge] },
    destinations: async () => ({ waiting: 3, failing: 2 }),
  });
  const scrape = async () => parseExposition(await observability.metrics.metricsText());
  return { ...observability, scrape };
}

test("what the observer is told is in the next scrape", async () => {
  const { observer, scrape } = await observeServer();
  observer.claimAnswered("one_time_key", bobsPhone, "@alice:localhost");
  observer.claimAnswered("one_time_key", bobsPhone, "@alice:localhost");
  observer.claimAnswered("fallback_key", bobsPhone, "other.example");
  observer.keysUploaded(50, new Map([["signed_curve25519", 50]]));
  observer.keysUploaded(3, new Map([["signed_curve25519", 53]]));
  observer.duplicateOneTimeKeysRefused(bobsPhone, 4);
  observer.badKeySignatures(bobsPhone, ["signed_curve25519:AAAAAQ", "signed_curve25519:AAAABA"]);
  observer.identityReplaced(bobsPhone);
  observer.toDeviceMessagesSent(12);
  observer.loginFinished("success");
  observer.loginFinished("throttled");
  observer.loginFinished("throttled");
  const { samples } = await scrape();
  const expected = {
    'claviger_claims_total{source="one_time_key"}': 2,
    'claviger_claims_total{source="fallback_key"}': 1,
    'claviger_claims_total{source="none"}': 0,
    claviger_claims_by_busiest_claimer: 2,
    claviger_key_uploads_total: 2,
    claviger_one_time_keys_stored_total: 53,
    claviger_duplicate_one_time_keys_refused_total: 4,
    claviger_bad_key_signatures_total: 2,
    claviger_identity_replacements_total: 1,
    claviger_to_device_messages_total: 12,
    'claviger_logins_total{outcome="success"}': 1,
    'claviger_logins_total{outcome="failure"}': 0,
    'claviger_logins_total{outcome="throttled"}': 2,
    claviger_waiting_syncs: 17,
    'claviger_build_info{version="1.2.3"}': 1,
  };
  for (const [series, value] of Object.entries(expected)) assert.equal(samples.get(series), value, series);
});

test("what happens between server and appservice, and how it is, is in the next scrape", async () => {
  const { appserviceObserver, scrape } = await observeServer();
  appserviceObserver.transactionEnded("irc", "failed");
  appserviceObserver.transactionEnded("irc", "failed");
  appserviceObserver.transactionEnded("irc", "delivered");
  appserviceObserver.keysAsked("irc", "query", "shared");
  appserviceObserver.keysAsked("irc", "claim", "answered");
  appserviceObserver.keysDropped("irc", 3);
  const { samples } = await scrape();
  const expected = {
    'claviger_appservice_transactions_total{appservice="irc",outcome="delivered"}': 1,
    'claviger_appservice_transactions_total{appservice="irc",outcome="failed"}': 2,
    'claviger_appservice_keys_asked_total{appservice="irc",kind="query",outcome="shared"}': 1,
    'claviger_appservice_keys_asked_total{appservice="irc",kind="query",outcome="spared"}': 0,
    'claviger_appservice_keys_asked_total{appservice="irc",kind="claim",outcome="answered"}': 1,
    'claviger_appservice_keys_dropped_total{appservice="irc"}': 3,
    'claviger_appservice_up{appservice="irc"}': 0,
    'claviger_appservice_queue_length{appservice="irc"}': 12,
    'claviger_appservice_queue_age_seconds{appservice="irc"}': 90,
    'claviger_appservice_backoff_seconds{appservice="irc",what="transactions"}': 4,
    'claviger_appservice_backoff_seconds{appservice="irc",what="claims"}': 0,
    'claviger_appservice_backoff_seconds{appservice="irc",what="queries"}': 60,
  };
  for (const [series, value] of Object.entries(expected)) assert.equal(samples.get(series), value, series);
});

test("every metric of the catalogue is in a scrape, with its type, from the start", async () => {
  const { scrape, queryTimer } = await observeServer();
  queryTimer("one_time_keys.take", 1);
  const { types } = await scrape();
  for (const { name, kind } of Object.values(metricCatalogue)) assert.equal(types.get(name), kind, name);
  assert.equal(types.get("nodejs_eventloop_lag_p99_seconds"), "gauge");
  assert.equal(types.get("process_resident_memory_bytes"), "gauge");
});

test("a scrape right after another has numbers everywhere", async () => {
  const { scrape } = await observeServer();
  await scrape();
  const { samples } = await scrape();
  assert.ok((samples.get("nodejs_eventloop_lag_max_seconds") ?? -1) < 60);
});

test("servers of one process count apart", async () => {
  const first = await observeServer();
  const second = await observeServer();
  first.observer.toDeviceMessagesSent(5);
  const [one, two] = await Promise.all([first.scrape(), second.scrape()]);
  assert.equal(one.samples.get("claviger_to_device_messages_total"), 5);
  assert.equal(two.samples.get("claviger_to_device_messages_total"), 0);
});

test("two metrics of one name are refused", () => {
  const metrics = new Metrics();
  metrics.add(new Counter(metricCatalogue.keyUploads));
  assert.throws(() => metrics.add(new Counter(metricCatalogue.keyUploads)), /claviger_key_uploads_total/);
});
