// Writes docs/metrics.md from the catalogue of metrics; with --check it only says whether the file is up to date.
//   node scripts/generate/metrics-docs.ts [--check]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MetricDescription, metricCatalogue } from "../../src/adapters/observability/metric-catalogue.ts";

const file = join(import.meta.dirname, "../../docs/metrics.md");
const metrics: readonly MetricDescription[] = Object.values(metricCatalogue);

const introduction = `# Metrics

<!-- Made by scripts/generate/metrics-docs.ts from src/adapters/observability/metric-catalogue.ts: change it there. -->

A listener with the resource \`metrics\` serves them at \`/metrics\` in Prometheus' text format. Counters begin at 0 when the
server starts. No label holds the name of a user, a device or a server: who is meant stands in the log. Application services are
named by their \`id\`, for the operator has written it.`;

const watching = `## What to watch

| Question | Expression |
|---|---|
| Do claims find one-time keys? The part answered with a fallback key or nothing | \`1 - sum(rate(claviger_claims_total{source="one_time_key"}[10m])) / sum(rate(claviger_claims_total[10m]))\` |
| Does somebody drain a device? The log names claimer and device in a \`warn\` line | \`claviger_claims_by_busiest_claimer > 20\` |
| Do clients keep their pools full? The median pool after an upload | \`histogram_quantile(0.5, sum by (le) (rate(claviger_one_time_key_pool_size_bucket[1h])))\` |
| Do clients forget keys that they uploaded? | \`rate(claviger_duplicate_one_time_keys_refused_total[1h]) > 0\` |
| Are claims fast? The 99th percentile, in seconds | \`histogram_quantile(0.99, sum by (le) (rate(claviger_request_duration_seconds_bucket{operation="claimKeys"}[5m])))\` |
| Which queries cost the most time? | \`topk(5, rate(claviger_query_duration_seconds_sum[5m]))\` |
| Is a bridge away, and what waits for it? | \`claviger_appservice_up == 0\`, \`claviger_appservice_queue_length\` |
| Does a bridge that keeps its own keys answer? | \`sum by (appservice) (rate(claviger_appservice_keys_asked_total{outcome="failed"}[10m])) > 0\` |
| Does the server fail? | \`sum by (operation) (rate(claviger_request_duration_seconds_count{status="5xx"}[5m])) > 0\` |
| Is the event loop blocked? | \`nodejs_eventloop_lag_p99_seconds > 0.1\` |`;

const ofTheProcess = `## Of the process

Names that begin with \`process_\` and \`nodejs_\` are those of prom-client: CPU time, memory, file descriptors, heap, garbage
collection and the lag of the event loop. They are measured from the first scrape on, and servers that run in one process share them.`;

function labelsOf({ labels = {} }: MetricDescription): string {
  const described = Object.entries(labels).map(([label, values]) => {
    const text = typeof values === "string" ? values : values.map((value) => `\`${value}\``).join(", ");
    return `\`${label}\`: ${text}`;
  });
  return described.join("; ");
}

function rowOf(metric: MetricDescription): string {
  const buckets = metric.kind === "histogram" ? ` Buckets up to: ${metric.bounds.join(", ")}.` : "";
  return `| \`${metric.name}\` | ${metric.kind} | ${labelsOf(metric)} | ${metric.help}${buckets} |`;
}

const table = ["| Metric | Kind | Labels | What it tells |", "|---|---|---|---|", ...metrics.map(rowOf)].join("\n");
const text = `${[introduction, table, watching, ofTheProcess].join("\n\n")}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
  console.error("docs/metrics.md is stale: run node scripts/generate/metrics-docs.ts");
  process.exitCode = 1;
}
