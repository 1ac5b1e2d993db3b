import assert from "node:assert/strict";
import type { Stores } from "../../../src/adapters/sql/create-stores.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import type { FeedTransaction } from "../../../src/domain/appservice-feed/appservice-feed-store.ts";
import { nextTransaction } from "../../../src/domain/appservice-feed/next-transaction.ts";
import type { Appservices } from "../../../src/domain/appservices/appservices.ts";
import type { DeviceOwner } from "../../../src/domain/kernel/requester.ts";
import type { TestDatabase } from "../../stores/engines.ts";
import { deviceOf, noon, userNamed } from "../../stores/owners.ts";
import { HandClock } from "../open-house.ts";
import { appservicesOf, registration } from "./registrations.ts";

// biome-ignore lint/suspicious/noExplicitAny: the body of a transaction, looked into freely.
type Body = any;

/** One appservice, `bridge`, and the feed that it gets, on a database of a test. */
export class FeedHouse {
  readonly clock = new HandClock();
  readonly appservices: Appservices;
  readonly database: TestDatabase;

  constructor(database: TestDatabase, appservices = appservicesOf(registration("bridge"))) {
    this.database = database;
    this.appservices = appservices;
  }

  change<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.database.unitOfWork.run("everything", work);
  }

  /** A device of an own user of the bridge, with device keys. */
  async ghost(name = "ghost", deviceId = "D"): Promise<DeviceOwner> {
    return this.device(deviceOf(userNamed(`bridge_${name}`), deviceId));
  }

  async device(owner: DeviceOwner): Promise<DeviceOwner> {
    await this.change(async ({ devices, deviceKeys }) => {
      await devices.add(owner, undefined, { at: noon, ip: "::1" });
      await deviceKeys.put(owner, { ed25519: "E", curve25519: "C", json: "{}" }, "{}");
    });
    return owner;
  }

  queue(recipient: DeviceOwner, ...contents: string[]): Promise<void> {
    return this.change(async ({ appserviceQueue }) => {
      for (const content of contents) {
        const message = { recipient, sender: userNamed("alice"), type: "m.test", content };
        await appserviceQueue.addMessage("bridge", message, noon);
      }
    });
  }

  /** What is to be sent, after the one with the id `taken` was taken. */
  next(taken?: string, id = "bridge"): Promise<FeedTransaction | undefined> {
    const appservice = this.appservices.find(id) ?? assert.fail(`no appservice ${id}`);
    const { unitOfWork } = this.database;
    const deps = { unitOfWork, clock: this.clock, random: systemRandom };
    return nextTransaction(deps, appservice, taken, new AbortController().signal);
  }

  /** Takes all transactions; gives their bodies. */
  async drain(id = "bridge"): Promise<Body[]> {
    const bodies: Body[] = [];
    for (let made = await this.next(undefined, id); made; made = await this.next(made.id, id)) {
      bodies.push(JSON.parse(made.body));
    }
    return bodies;
  }
}
