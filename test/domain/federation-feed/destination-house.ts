import assert from "node:assert/strict";
import type { Stores } from "../../../src/adapters/sql/create-stores.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { announceDeviceListChange, type ChangedKeys } from "../../../src/domain/device-lists/announce-change.ts";
import { nextTransaction } from "../../../src/domain/federation-feed/next-transaction.ts";
import { noteFailure } from "../../../src/domain/federation-feed/note-failure.ts";
import type { FederationTransaction } from "../../../src/domain/federation-out/destination-store.ts";
import type { RemoteFailure } from "../../../src/domain/federation-out/remote-answer.ts";
import type { DeviceOwner } from "../../../src/domain/kernel/requester.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { TestDatabase } from "../../stores/engines.ts";
import { noon } from "../../stores/owners.ts";
import { appservicesOf } from "../appservice-feed/registrations.ts";
import { HandClock } from "../open-house.ts";

export const there = "there.example" as ServerName;

export const unreachable: RemoteFailure = { kind: "unreachable", error: "ECONNREFUSED" };

export interface Edu {
  readonly edu_type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the content of an EDU, looked into freely.
  readonly content: any;
}

/** What other servers are sent, on a database of a test. */
export class DestinationHouse {
  readonly clock = new HandClock();
  database: TestDatabase;
  readonly appservices: ReturnType<typeof appservicesOf>;
  readonly forgotten: number[] = [];

  constructor(database: TestDatabase, appservices = appservicesOf()) {
    this.database = database;
    this.appservices = appservices;
  }

  /** As after a SIGKILL: with what was committed, and nothing else. */
  async reopen(): Promise<void> {
    this.database = await this.database.reopen();
  }

  get deps() {
    return {
      ...{ unitOfWork: this.database.unitOfWork, snapshots: this.database.snapshots, clock: this.clock },
      ...{ random: systemRandom, serverName: "example.org" as ServerName, appservices: this.appservices },
      compatibility: { msc3984: true },
      observer: { federationMessagesForgotten: (count: number) => void this.forgotten.push(count) },
    };
  }

  change<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.database.unitOfWork.run("everything", work);
  }

  /** A device with keys, or with others than before. */
  async device(owner: DeviceOwner, curve25519 = "C", displayName?: string): Promise<DeviceOwner> {
    const { userId, deviceId } = owner;
    const keys = { algorithms: [], keys: { [`curve25519:${deviceId}`]: curve25519 }, signatures: {} };
    const json = JSON.stringify({ user_id: userId, device_id: deviceId, ...keys });
    await this.change(async ({ devices, deviceKeys, knownDevices }) => {
      if (!(await knownDevices.hasDevice(owner))) await devices.add(owner, displayName, { at: noon, ip: "::1" });
      await deviceKeys.put(owner, { ed25519: "E", curve25519, json }, json);
    });
    return owner;
  }

  /** From now on the server hears of the user. */
  listen(userId: UserId, server = there): Promise<void> {
    return this.change(({ listeningServers }) => listeningServers.put(userId, server, this.clock.now()));
  }

  announce(userId: UserId, ...changed: ChangedKeys[]): Promise<void> {
    return this.database.unitOfWork.run({ exclusive: [userId] }, (stores, commit) =>
      announceDeviceListChange(stores, commit, userId, ...changed),
    );
  }

  /** Messages, numbered from `from` on. */
  queue(count: number, { server = there, from = 0, filler = "" } = {}): Promise<void> {
    return this.change(async ({ federationQueue }) => {
      for (let n = from; n < from + count; n++) {
        const edu = JSON.stringify({ edu_type: "m.direct_to_device", content: { n, filler } });
        await federationQueue.addMessage(server, edu, this.clock.now());
      }
    });
  }

  next(taken?: string, server = there): Promise<FederationTransaction | undefined> {
    return nextTransaction(this.deps, server, taken);
  }

  async nextMade(taken?: string, server = there): Promise<FederationTransaction> {
    return (await this.next(taken, server)) ?? assert.fail("nothing waits");
  }

  /** Takes all transactions; gives their EDUs. */
  async drain(server = there): Promise<Edu[][]> {
    const bodies: Edu[][] = [];
    for (let made = await this.next(undefined, server); made; made = await this.next(made.id, server)) {
      bodies.push(edusOf(made));
    }
    return bodies;
  }

  fail(transaction: FederationTransaction, failure = unreachable, server = there) {
    return noteFailure(this.deps, server, transaction, failure);
  }
}

export function edusOf({ body }: { readonly body: string }): Edu[] {
  return JSON.parse(body).edus;
}
