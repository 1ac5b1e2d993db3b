import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyEventLog } from "../../../src/adapters/observability/key-event-log.ts";
import { QuietPeriods } from "../../../src/adapters/observability/quiet-periods.ts";
import { captureLog } from "./captured-log.ts";
import { HandClock } from "./hand-clock.ts";
import { bobsLaptop, bobsPhone } from "./owners.ts";

const hourMs = 3_600_000;

async function logKeyEvents() {
  const clock = new HandClock();
  const log = await captureLog(clock);
  return { clock, log, events: new KeyEventLog(log.logger, clock) };
}

test("K4: a client that repeats the clash for ever gets one line per device and hour", async () => {
  const { clock, log, events } = await logKeyEvents();
  for (let attempt = 0; attempt < 1000; attempt++) events.duplicateKeysRefused(bobsPhone, 3);
  events.duplicateKeysRefused(bobsLaptop, 1);
  clock.passed = hourMs;
  events.duplicateKeysRefused(bobsPhone, 3);
  const told = log.lines().map(({ level, deviceId, clashes, unlogged }) => ({ level, deviceId, clashes, unlogged }));
  assert.deepEqual(told, [
    { level: "info", deviceId: "BOBPHONE", clashes: 3, unlogged: 0 },
    { level: "info", deviceId: "BOBLAPTOP", clashes: 1, unlogged: 0 },
    { level: "info", deviceId: "BOBPHONE", clashes: 3, unlogged: 999 },
  ]);
});

test("K8: bad signatures are a warning once per device and hour, with the first key ids", async () => {
  const { log, events } = await logKeyEvents();
  const keyIds = Array.from({ length: 100 }, (_, at) => `signed_curve25519:KEY${at}`);
  events.badSignatures(bobsPhone, keyIds);
  events.badSignatures(bobsPhone, keyIds);
  const [line, ...more] = log.lines();
  assert.equal(line?.["level"], "warn");
  assert.equal(line?.["bad"], 100);
  assert.deepEqual(line?.["first"], keyIds.slice(0, 5));
  assert.deepEqual(more, []);
});

test("K8 and K4 do not silence each other", async () => {
  const { log, events } = await logKeyEvents();
  events.badSignatures(bobsPhone, ["signed_curve25519:A"]);
  events.duplicateKeysRefused(bobsPhone, 1);
  assert.equal(log.lines().length, 2);
});

test("K9: every replacement of identity keys is logged", async () => {
  const { log, events } = await logKeyEvents();
  events.identityReplaced(bobsPhone);
  events.identityReplaced(bobsPhone);
  assert.deepEqual(
    log.lines().map(({ level, userId, deviceId }) => [level, userId, deviceId]),
    [
      ["info", "@bob:localhost", "BOBPHONE"],
      ["info", "@bob:localhost", "BOBPHONE"],
    ],
  );
});

test("200,000 devices are kept quiet in bounded memory", () => {
  const periods = new QuietPeriods(new HandClock(), hourMs, 10_000);
  for (let device = 0; device < 200_000; device++) assert.equal(periods.admit(`device ${device}`), 0);
  assert.equal(periods.size, 10_000);
  assert.equal(periods.admit("device 199999"), undefined);
});
