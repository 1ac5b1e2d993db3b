// Prints what observing costs on the path of a claim, in nanoseconds per call:
//   node test/adapters/observability/hot-path-cost.ts
import { createObservability } from "../../../src/adapters/observability/create-observability.ts";
import type { DeviceOwner } from "../../../src/domain/kernel/requester.ts";
import { captureLog } from "./captured-log.ts";
import { owner } from "./owners.ts";

const rounds = 5;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const queries = [
  "access_tokens.find",
  "one_time_keys.take",
  "one_time_keys.count",
  "fallback_keys.take",
  "devices.see",
];

/** Of the fastest round, so that what else the machine does counts least. */
function nanosecondsPerCall(calls: number, call: (at: number) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let at = 0; at < calls; at++) call(at);
    best = Math.min(best, ((performance.now() - start) / calls) * 1e6);
  }
  return best;
}

/** As a claim brings them: texts fresh from a parser, whose hashes are not computed yet. */
function parsedOwners(count: number): DeviceOwner[] {
  const ids = Array.from({ length: count }, (_, at) => [`@user${at % 100_000}:matrix.example.org`, `DEVICE${at}`]);
  return (JSON.parse(JSON.stringify(ids)) as [string, string][]).map(([userId, deviceId]) => owner(userId, deviceId));
}

/** @returns a line for each call on the path, and one for a scrape */
export async function measureHotPath(calls: number): Promise<string[]> {
  const { logger } = await captureLog(clock);
  const appservices = { ids: [], states: async () => [] };
  const destinations = async () => ({ waiting: 0, failing: 0 });
  const options = { logger, clock, version: "0", refillMinutes: 10, waitingSyncs: () => 0, appservices, destinations };
  const { observer, queryTimer, requestLog, metrics } = createObservability(options);
  const owners = parsedOwners(calls);
  const reply = { statusCode: 200, elapsedTime: 0.8 };
  const claim = (at: number) => observer.claimAnswered("one_time_key", owners[at]!, "@alice:matrix.example.org");
  const paths: Record<string, (at: number) => void> = {
    "a named query": (at) => queryTimer(queries[at % queries.length]!, 0.012 + (at % 7) / 10),
    "a request, debug log off": (at) =>
      requestLog.finished("claimKeys", { id: at, method: "POST", url: `/_matrix/client/v3/keys/claim?${at}` }, reply),
    "a claim of one of 1,000 devices": (at) => claim(at % 1000),
    "a claim of a device not seen lately": claim,
  };
  const lines = Object.entries(paths).map(
    ([what, call]) => `${what}: ${nanosecondsPerCall(calls, call).toFixed(0)} ns`,
  );
  const start = performance.now();
  const { length } = await metrics.metricsText();
  return [...lines, `the first scrape: ${length} bytes in ${(performance.now() - start).toFixed(1)} ms`];
}

if (import.meta.main) for (const line of await measureHotPath(500_000)) console.log(line);
