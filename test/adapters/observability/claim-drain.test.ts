import assert from "node:assert/strict";
import { test } from "node:test";
import { ClaimDrain } from "../../../src/adapters/observability/claim-drain.ts";
import { Metrics } from "../../../src/adapters/observability/metrics.ts";
import { MetricsObserver } from "../../../src/adapters/observability/metrics-observer.ts";
import { captureLog } from "./captured-log.ts";
import { parseExposition } from "./exposition.ts";
import { HandClock } from "./hand-clock.ts";
import { bobsLaptop, bobsPhone } from "./owners.ts";

const windowMs = 10 * 60_000;

async function watchClaims() {
  const clock = new HandClock();
  const log = await captureLog(clock);
  const metrics = new Metrics();
  const observer = new MetricsObserver(metrics, log.logger, clock, 10);
  const busiest = async () =>
    parseExposition(await metrics.metricsText()).samples.get("claviger_claims_by_busiest_claimer");
  return { clock, log, observer, busiest };
}

test("C7: claims are counted per claimer and device, and the busiest pair is shown", async () => {
  const { observer, busiest } = await watchClaims();
  for (let claim = 0; claim < 7; claim++) observer.claimAnswered("one_time_key", bobsPhone, "@eve:localhost");
  for (let claim = 0; claim < 5; claim++) observer.claimAnswered("one_time_key", bobsLaptop, "@eve:localhost");
  for (let claim = 0; claim < 6; claim++) observer.claimAnswered("one_time_key", bobsPhone, "other.example");
  assert.equal(await busiest(), 7);
});

test("C7: a fallback key is no drain", async () => {
  const { observer, busiest, log } = await watchClaims();
  for (let claim = 0; claim < 100; claim++) observer.claimAnswered("fallback_key", bobsPhone, "@eve:localhost");
  assert.equal(await busiest(), 0);
  assert.equal(log.text(), "");
});

test("C7: the drain stays visible through the next window, then it is over", async () => {
  const { clock, observer, busiest } = await watchClaims();
  for (let claim = 0; claim < 9; claim++) observer.claimAnswered("one_time_key", bobsPhone, "@eve:localhost");
  clock.passed = windowMs;
  observer.claimAnswered("one_time_key", bobsPhone, "@eve:localhost");
  assert.equal(await busiest(), 9);
  clock.passed = 2 * windowMs;
  assert.equal(await busiest(), 1);
  clock.passed = 3 * windowMs;
  assert.equal(await busiest(), 0);
});

test("C7: a drain that nobody claims after is over after two windows", async () => {
  const { clock, observer, busiest } = await watchClaims();
  for (let claim = 0; claim < 9; claim++) observer.claimAnswered("one_time_key", bobsPhone, "@eve:localhost");
  clock.passed = 2 * windowMs;
  assert.equal(await busiest(), 0);
});

test("C7: passing 20 keys is logged once per claimer, device and window, with both names", async () => {
  const { clock, observer, log } = await watchClaims();
  const drain = () => {
    for (let claim = 0; claim < 50; claim++) observer.claimAnswered("one_time_key", bobsPhone, "@eve:localhost");
  };
  for (let claim = 0; claim < 20; claim++) observer.claimAnswered("one_time_key", bobsLaptop, "@eve:localhost");
  assert.equal(log.text(), "");
  drain();
  assert.deepEqual(log.lines(), [
    {
      level: "warn",
      time: "2030-01-01T00:00:00.000Z",
      claimer: "@eve:localhost",
      userId: "@bob:localhost",
      deviceId: "BOBPHONE",
      taken: 21,
      msg: "one claimer drains a device's one-time keys",
    },
  ]);
  clock.passed = windowMs;
  drain();
  assert.equal(log.lines().length, 2);
});

test("C7: 200,000 claimers are counted in bounded memory, and a persistent one among them is still seen", () => {
  const drain = new ClaimDrain(new HandClock(), windowMs);
  for (let claimer = 0; claimer < 200_000; claimer++) {
    drain.add(`@claimer${claimer}:localhost`, bobsPhone);
    if (claimer % 10_000 === 0) drain.add("@eve:localhost", bobsPhone);
  }
  assert.equal(drain.size, 50_000);
  assert.equal(drain.busiest(), 20);
});
