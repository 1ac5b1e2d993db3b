import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "../../../src/adapters/observability/histogram.ts";
import { metricCatalogue } from "../../../src/adapters/observability/metric-catalogue.ts";
import { Metrics } from "../../../src/adapters/observability/metrics.ts";
import { QueryDurations } from "../../../src/adapters/observability/query-durations.ts";
import { RequestDurations } from "../../../src/adapters/observability/request-durations.ts";
import { type Exposition, parseExposition } from "./exposition.ts";

/** The upper bounds and cumulated counts of one series, in their order. */
function bucketsOf({ samples }: Exposition, name: string, labels = ""): [string, number][] {
  const prefix = `${name}_bucket{${labels}${labels && ","}le="`;
  const found = [...samples].filter(([series]) => series.startsWith(prefix));
  return found.map(([series, count]) => [series.slice(prefix.length, -2), count]);
}

async function scrape(metrics: Metrics): Promise<Exposition> {
  return parseExposition(await metrics.metricsText());
}

test("a value that equals a bound counts in that bucket, and one above all bounds only in +Inf", async () => {
  const metrics = new Metrics();
  const sizes = metrics.add(new Histogram({ name: "sizes", kind: "histogram", help: "Sizes.", bounds: [0, 5, 10] }));
  for (const size of [0, 1, 5, 6, 10, 11, 1_000_000]) sizes.observe(size);
  const scraped = await scrape(metrics);
  assert.deepEqual(bucketsOf(scraped, "sizes"), [
    ["0", 1],
    ["5", 3],
    ["10", 5],
    ["+Inf", 7],
  ]);
  assert.equal(scraped.samples.get("sizes_sum"), 1_000_033);
  assert.equal(scraped.samples.get("sizes_count"), 7);
});

test("the catalogue's bounds ascend", () => {
  for (const metric of Object.values(metricCatalogue)) {
    if (metric.kind === "histogram")
      assert.deepEqual(
        metric.bounds,
        [...metric.bounds].sort((a, b) => a - b),
      );
  }
});

test("queries are timed in seconds under their names", async () => {
  const metrics = new Metrics();
  const queries = metrics.add(new QueryDurations());
  queries.observe("one_time_keys.take", 0.02);
  queries.observe("one_time_keys.take", 0.025);
  queries.observe("one_time_keys.take", 3);
  queries.observe("access_tokens.find", 5000);
  const scraped = await scrape(metrics);
  const take = new Map(bucketsOf(scraped, "claviger_query_duration_seconds", 'query="one_time_keys.take"'));
  assert.equal(take.get("0.00001"), 0);
  assert.equal(take.get("0.000025"), 2);
  assert.equal(take.get("0.0025"), 2);
  assert.equal(take.get("0.005"), 3);
  assert.equal(take.get("+Inf"), 3);
  const sum = scraped.samples.get('claviger_query_duration_seconds_sum{query="one_time_keys.take"}') ?? 0;
  assert.ok(Math.abs(sum - 0.003045) < 1e-12);
  const find = new Map(bucketsOf(scraped, "claviger_query_duration_seconds", 'query="access_tokens.find"'));
  assert.equal(find.get("2"), 0);
  assert.equal(find.get("+Inf"), 1);
});

test("requests are timed by operation and class of status", async () => {
  const metrics = new Metrics();
  const requests = metrics.add(new RequestDurations());
  requests.observe("claimKeys", 200, 1.5);
  requests.observe("claimKeys", 429, 0.1);
  requests.observe("claimKeys", 401, 0.1);
  requests.observe(undefined, 404, 0.2);
  const scraped = await scrape(metrics);
  const answered = bucketsOf(scraped, "claviger_request_duration_seconds", 'operation="claimKeys",status="2xx"');
  assert.deepEqual(answered.slice(0, 3), [
    ["0.0005", 0],
    ["0.001", 0],
    ["0.002", 1],
  ]);
  assert.equal(scraped.samples.get('claviger_request_duration_seconds_count{operation="claimKeys",status="4xx"}'), 2);
  assert.equal(scraped.samples.get('claviger_request_duration_seconds_count{operation="unrouted",status="4xx"}'), 1);
});
