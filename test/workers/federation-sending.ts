import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import type { RemoteFailure } from "../../src/domain/federation-out/remote-answer.ts";
import type { TransactionGateway } from "../../src/domain/federation-out/transaction-gateway.ts";
import type { UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import { AnsweringServers } from "../../src/workers/answering-servers.ts";
import { type FederationSender, startFederationSender } from "../../src/workers/federation-sender.ts";
import { DestinationHouse, there } from "../domain/federation-feed/destination-house.ts";
import { engines, type TestDatabase } from "../stores/engines.ts";
import { afterTest } from "../support/after-test.ts";

/** A transaction that is being sent, until the test answers. */
export interface Sending {
  readonly server: ServerName;
  readonly id: string;
  readonly body: string;
  readonly signal: AbortSignal;
  take(): void;
  fail(failure?: RemoteFailure): void;
}

const refused: RemoteFailure = { kind: "unreachable", error: "ECONNREFUSED" };

/** What the sender sends, answered by the test. An aborted request fails, as a real one does. */
export class ScriptedServers implements TransactionGateway {
  /** All that were sent. */
  readonly sent: Sending[] = [];
  /** Those that have not been answered. */
  readonly underWay = new Set<Sending>();
  #seen = 0;
  #look: () => void = () => undefined;

  sendTransaction(
    server: ServerName,
    id: string,
    body: string,
    signal: AbortSignal,
  ): Promise<RemoteFailure | undefined> {
    const { promise, resolve } = Promise.withResolvers<RemoteFailure | undefined>();
    const answer = (failure: RemoteFailure | undefined) => {
      this.underWay.delete(sending);
      resolve(failure);
    };
    const fail = (failure = refused) => answer(failure);
    const sending: Sending = { server, id, body, signal, take: () => answer(undefined), fail };
    signal.addEventListener("abort", () => fail({ kind: "timeout", error: "aborted" }));
    this.sent.push(sending);
    this.underWay.add(sending);
    this.#look();
    return promise;
  }

  /** The next one that the test has not seen yet. */
  next(): Promise<Sending> {
    return new Promise((resolve) => {
      this.#look = () => {
        const sending = this.sent[this.#seen];
        if (!sending) return;
        this.#seen++;
        this.#look = () => undefined;
        resolve(sending);
      };
      this.#look();
    });
  }
}

/** A house whose timers and clock the test moves, and senders in it. */
export async function openSending(t: TestContext, engine = engines[1]) {
  const house = new DestinationHouse(await (engine ?? assert.fail()).open());
  afterTest(t, () => house.database.close());
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const servers = new ScriptedServers();
  const answering = new AnsweringServers();
  const told: string[] = [];
  const asked = { units: 0 };
  const line =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void told.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const start = (parts: Partial<Pick<TestDatabase, "unitOfWork" | "snapshots">> = {}): FederationSender => {
    const { unitOfWork, snapshots } = { ...house.database, ...parts };
    const counting: UnitOfWork<Stores> = {
      run(scope, work) {
        asked.units++;
        return unitOfWork.run(scope, work);
      },
    };
    const sender = startFederationSender<Stores>({
      ...{ ...house.deps, transactionGateway: servers, unitOfWork: counting, snapshots },
      ...{ holder: "the only server", alone: true, answering },
      // Of four bytes a pause is made, in the middle of the jitter.
      random: { bytes: (count) => (count === 4 ? Buffer.of(0x80, 0, 0, 0) : systemRandom.bytes(count)) },
      federationObserver: {
        federationTransactionEnded: (outcome) => void told.push(outcome),
        federationMessagesForgotten: (count) => void told.push(`${count} forgotten`),
      },
      log: { debug: () => undefined, warn: line("warn"), error: line("error") },
    });
    afterTest(t, () => sender.stop());
    return sender;
  };
  const failure = () => house.change(({ destinations }) => destinations.findFailure(there));
  return { house, servers, answering, told, asked, start, failure };
}

export type OpenSending = Awaited<ReturnType<typeof openSending>>;

/** Lets time pass for the timers and the clock, and everybody do what is due. */
export async function pass(t: TestContext, { house }: OpenSending, milliseconds: number): Promise<void> {
  house.clock.advance(milliseconds);
  t.mock.timers.tick(1000);
  await settle(house);
}

/** Units run one after another: when these are through, so is what was asked before, and what followed it. */
export async function settle(house: DestinationHouse): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await house.change(async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
