import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { createServer } from "../../src/app.ts";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import { type RaceEngine, raceEngines } from "../races/race-engines.ts";
import { phones, seededFolder } from "../races/seeded-server.ts";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { Client } from "../support/client.ts";
import { HeardTransactions, sendNumber, upTo } from "./heard-transactions.ts";

const messages = 2000;
const minutes = 60;

/** The system's, and what the test has added. */
class LeapingClock implements Clock {
  #leapt = 0;
  now = () => systemClock.now() + this.#leapt;
  monotonic = () => systemClock.monotonic() + this.#leapt;

  leap(milliseconds: number): void {
    this.#leapt += milliseconds;
  }
}

function away(engine: RaceEngine): void {
  test(`S3: an appservice that was away for an hour of traffic gets every message once and in order (${engine.name})`, async (t) => {
    const appservice = await startTestAppservice({ encrypts: true });
    afterTest(t, () => appservice.close());
    const heard = new HeardTransactions(appservice);
    const names = [...phones("bridge_ghost", 4), ...phones("sender", 4)];
    const { config, accounts } = await seededFolder(t, engine, names);
    const clock = new LeapingClock();
    const server = await createServer({ config: { ...config, appservices: [appservice.registrationFile] }, clock });
    afterTest(t, () => server.close());
    await server.listen();
    const clients = accounts.map((account) => new Client(server.url, account));
    const [ghosts, senders] = [clients.slice(0, 4), clients.slice(4)];
    await appservice.stop();
    let sent = 0;
    for (let minute = 1; minute <= minutes; minute++) {
      const goal = Math.floor((messages * minute) / minutes / senders.length);
      const sendAll = async (sender: Client, index: number) => {
        for (let number = sent; number < goal; number++) {
          await sendNumber(sender, ghosts[(number + index) % 4] as Client, number);
        }
      };
      await Promise.all(senders.map(sendAll));
      sent = goal;
      clock.leap(60_000);
    }
    assert.equal(heard.count, 0);
    await appservice.start();
    // The first is taken, but a proxy on the way says something else: it comes again, and is done already.
    let begin = 0;
    heard.onNew = (count) => {
      if (count === 2) begin = systemClock.monotonic();
      return count === 1 ? { status: 502 } : {};
    };
    let isOver = false;
    const all = heard
      .until(() => heard.messages >= messages)
      .finally(() => {
        isOver = true;
      });
    while (!isOver) {
      clock.leap(1000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await all;
    const took = systemClock.monotonic() - begin;
    for (const sender of senders) assert.deepEqual(heard.numbersOf(sender), upTo(messages / senders.length));
    assert.equal(heard.tries, heard.count + 1);
    const rate = Math.round(((messages - 100) / took) * 1000);
    t.diagnostic(`${messages} messages in ${heard.count} transactions: ${rate} messages a second`);
  });
}

for (const engine of raceEngines) away(engine);
