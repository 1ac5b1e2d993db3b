import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { newClient } from "../support/client.ts";
import { upload } from "./changing-devices.ts";
import { eventually } from "./eventually.ts";
import { sendNumber } from "./following-client.ts";
import { HostileHouse } from "./hostile-house.ts";
import { silence } from "./played-servers.ts";

const house = await HostileHouse.open();
after(() => house.close());

/** Servers that take every request and never answer; a local user has written to a user of each. */
const tarpits = Array.from({ length: 60 }, () => house.stranger());
for (const one of tarpits) for (const route of ["send", "devices", "keys"] as const) one.on[route] = () => silence;
const messages = Object.fromEntries(tarpits.map((one) => [one.userId("user"), { PHONE: { number: 0 } }]));
assert.equal((await house.bert.send("m.test", "to the tarpits", messages)).status, 200);

/** As many of them as are asked at once have been asked, and nobody else. */
async function untilStuck(route: "send" | "devices"): Promise<void> {
  let before = 0;
  await eventually(async () => {
    const tried = tarpits.filter((one) => one.heardOn(route).length > 0).length;
    const isStuck = tried > 0 && tried === before;
    before = tried;
    if (!isStuck) await pause(500);
    assert.ok(isStuck);
  });
}

test("S3: a message to a server that answers does not wait until another server is given up", async (t) => {
  await untilStuck("send");
  const givenUp = () => house.metric("claviger_federation_transactions_total", 'outcome="failed"');
  const before = await givenUp();
  const began = performance.now();
  await house.honestRound();
  t.diagnostic(`it arrived after ${Math.round(performance.now() - began)} ms`);
  assert.equal(await givenUp(), before);
});

test("X6: a device list of a server that answers is not fetched only when another server is given up", async (t) => {
  await untilStuck("devices");
  const dora = await newClient(house.federation.server("honest").url, "dora");
  await upload(dora, dora.keys);
  const ended = (outcome: string) => house.metric("claviger_remote_device_lists_fetched_total", `outcome="${outcome}"`);
  const [fetched, failed] = [await ended("fetched"), await ended("failed")];
  const began = performance.now();
  await sendNumber(house.alice.client, dora, 0);
  await eventually(async () => assert.ok((await ended("fetched")) > fetched, "dora's list is fetched"));
  t.diagnostic(`it was fetched after ${Math.round(performance.now() - began)} ms`);
  assert.equal(await ended("failed"), failed);
});
