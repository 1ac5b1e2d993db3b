import assert from "node:assert/strict";
import { test } from "node:test";
import { answerLifetime } from "../../../src/adapters/federation/discovery/answer-lifetime.ts";
import { WellKnownMemory } from "../../../src/adapters/federation/discovery/well-known-memory.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { HandClock } from "../observability/hand-clock.ts";

const minute = 60_000;
const hour = 60 * minute;
const now = Date.UTC(2030, 0, 1);

test("step 3: an answer holds as its headers say, 24 hours without them, and 48 at most", () => {
  const lifetimes: [Record<string, string | string[]>, number][] = [
    [{}, 24 * hour],
    [{ "cache-control": "max-age=120" }, 2 * minute],
    [{ "cache-control": 'public, Max-Age="120"' }, 2 * minute],
    [{ "cache-control": ["public", "max-age=120"] }, 2 * minute],
    [{ "cache-control": "max-age=999999999" }, 48 * hour],
    [{ "cache-control": "max-age=120, no-store" }, 0],
    [{ "cache-control": "no-cache" }, 0],
    [{ "cache-control": "max-age=soon" }, 24 * hour],
    [{ expires: new Date(now + hour).toUTCString() }, hour],
    [{ expires: new Date(now - hour).toUTCString() }, 0],
    [{ expires: "0" }, 0],
    [{ expires: new Date(now + hour).toUTCString(), "cache-control": "max-age=120" }, 2 * minute],
  ];
  for (const [headers, lifetime] of lifetimes)
    assert.equal(answerLifetime(headers, now), lifetime, JSON.stringify(headers));
});

function open() {
  const clock = new HandClock();
  const said = { server: "a.example" as ServerName | undefined, lifetime: hour };
  let asked = 0;
  const memory = new WellKnownMemory(clock, async () => {
    asked++;
    return { ...said };
  });
  return { clock, said, memory, asked: () => asked };
}

test("step 3: an answer is used again until its time is over, and for a minute at least", async () => {
  const { clock, said, memory, asked } = open();
  assert.equal(await memory.find("host"), "a.example");
  said.server = "b.example" as ServerName;
  said.lifetime = 0;
  clock.passed += hour - 1;
  assert.equal(await memory.find("host"), "a.example");
  clock.passed += 1;
  assert.equal(await memory.find("host"), "b.example");
  clock.passed += minute - 1;
  await memory.find("host");
  assert.equal(asked(), 2);
  clock.passed += 1;
  await memory.find("host");
  assert.equal(asked(), 3);
});

test("step 3: failures are remembered for a minute, twice as long each time, an hour at most", async () => {
  const { clock, said, memory, asked } = open();
  said.server = undefined;
  let times = 0;
  for (const pause of [1, 2, 4, 8, 16, 32, 60, 60]) {
    assert.equal(await memory.find("host"), undefined);
    assert.equal(asked(), ++times);
    clock.passed += pause * minute - 1;
    await memory.find("host");
    memory.forget("host");
    await memory.find("host");
    assert.equal(asked(), times);
    clock.passed += 1;
  }
  said.server = "a.example" as ServerName;
  assert.equal(await memory.find("host"), "a.example");
});

test("an answer can be forgotten before its time", async () => {
  const { memory, asked } = open();
  await memory.find("host");
  memory.forget("host");
  await memory.find("host");
  assert.equal(asked(), 2);
});
