import assert from "node:assert/strict";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { CrashableDatabase } from "./crashable-database.ts";
import { answerOf, claim, countsOf, type DeviceModel, emptyDevice, nameOf, upload } from "./device-model.ts";
import { explainAnswers, type Operation } from "./explain-answers.ts";
import { below, bodyOf, ForgetfulClient, pick, type Random, weighted } from "./key-requests.ts";
import { askClaim, askUpload, poolLimit, type UseCaseOptions } from "./key-use-cases.ts";

const algorithms = ["signed_curve25519", "signed_curve25519", "signed_curve25519", "curve25519"] as const;
/** More possible orders of uploads than this are cleared up by claims before it goes on. */
const mostDevices = 24;
const halfAYear = 180 * 86_400_000;

interface Side {
  readonly client: ForgetfulClient;
  readonly owner: DeviceOwner;
  /** Everything that the device can be. */
  devices: DeviceModel[];
}

/** What became of it: shows that nothing was left untried. */
export type Tally = Record<"uploads" | "duplicates" | "overfull" | "claims" | "lost" | "crashes" | "restarts", number>;

/** Stands still between leaps. */
export class LeapingClock implements Clock {
  time = 1_790_000_000_000;
  now = () => this.time;
  monotonic = () => this.time;
}

export interface InterleavingOptions {
  /** The processes on one database. */
  readonly stores: readonly CrashableDatabase[];
  readonly clock: LeapingClock;
  readonly random: Random;
  /** Keeps its users apart from those of others on the same database. */
  readonly name: string;
  readonly tally: Tally;
}

/** One seeded run of uploads and claims side by side, crashes and restarts, each answer held against the model. */
export class KeyInterleaving {
  readonly #options: InterleavingOptions;
  readonly #sides: readonly Side[];
  readonly #trace: string[] = [];
  readonly #given = new Set<string>();

  constructor(options: InterleavingOptions) {
    const { random, name } = options;
    this.#options = options;
    const owners = [
      [`@alice-${name}:example.org`, "PHONE"],
      [`@alice-${name}:example.org`, "LAPTOP"],
      [`@bob-${name}:example.org`, "PHONE"],
    ] as const;
    this.#sides = owners.slice(0, 2 + below(random, 2)).map(([userId, deviceId]) => ({
      client: new ForgetfulClient(userId, deviceId, random),
      owner: { userId: userId as UserId, deviceId: deviceId as DeviceId },
      devices: [emptyDevice],
    }));
  }

  async run(rounds: number): Promise<void> {
    const { stores, clock, random } = this.#options;
    try {
      await pick(random, stores).addDevices(...this.#sides.map(({ owner }) => owner));
      for (let round = 0; round < rounds; round++) {
        if (random() < 0.5) clock.time += below(random, halfAYear);
        await this.#round();
        for (const side of this.#sides) await this.#untangle(side);
      }
    } catch (error) {
      throw new Error(`after:\n${this.#trace.join("\n")}`, { cause: error });
    }
  }

  /** One to six requests at once, and what may come in between them or after them. */
  async #round(): Promise<void> {
    const { stores, random, tally } = this.#options;
    const end = weighted(random, { calm: 82, crash: 13, restart: 5 });
    const ending = pick(random, stores);
    const stepsToLive = below(random, 8);
    const asked = new Map(this.#sides.map((side): [Side, Operation[]] => [side, []]));
    const running = Array.from({ length: 1 + below(random, 6) }, () => this.#request(asked));
    if (end === "crash") {
      await ending.steps(stepsToLive);
      await ending.crash();
      tally.crashes++;
    }
    await Promise.all(running);
    if (end === "restart") {
      await ending.restart();
      tally.restarts++;
    }
    this.#trace.push(`a round with the end "${end}":`);
    for (const [side, operations] of asked) await this.#settle(side, operations);
  }

  /** Starts an upload, or a claim of one device or of all. All that is random is drawn before it runs. */
  #request(asked: ReadonlyMap<Side, Operation[]>): Promise<void> {
    const { stores, clock, random } = this.#options;
    const side = pick(random, this.#sides);
    const store = pick(random, stores);
    const start = below(random, 4);
    const options = { database: store.database, clock, slowness: below(random, 4) };
    if (random() < 0.6) {
      const request = side.client.next();
      const operation: Operation = {
        outcomes: (device) => [upload(device, request, poolLimit)],
        answer: undefined,
        description: `upload to ${side.owner.userId} ${side.owner.deviceId}: ${JSON.stringify(request)}`,
      };
      asked.get(side)?.push(operation);
      const body = bodyOf(side.client, request);
      return answered(store, start, [operation], async () => [await askUpload(options, side.owner, body)]);
    }
    const sides = random() < 0.7 ? [side] : this.#sides;
    const algorithm = pick(random, algorithms);
    const claims = sides.map((claimed) => claimOf(claimed, algorithm));
    for (const [index, claimed] of sides.entries()) asked.get(claimed)?.push(claims[index] as Operation);
    return answered(store, start, claims, () => this.#claim(options, sides, algorithm));
  }

  #claim(options: UseCaseOptions, sides: readonly Side[], algorithm: string): Promise<string[]> {
    return askClaim(
      options,
      sides.map(({ owner }) => owner),
      algorithm,
    );
  }

  /** Holds the answers, and what is stored now, against the rules. */
  async #settle(side: Side, operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      this.#trace.push(`  ${operation.description}\n    => ${operation.answer ?? "no answer"}`);
      this.#count(operation);
      this.#neverTwice(side, operation);
    }
    const explained = explainAnswers(side.devices, operations);
    assert.ok(explained.length > 0, "no order of these requests gives these answers");
    const stored = await this.#stored(side);
    side.devices = explained.filter((device) => summary(device) === stored);
    assert.ok(side.devices.length > 0, `stored ${stored}, explained: ${explained.map(summary).join(" or ")}`);
  }

  /** C1 by itself, without a model. */
  #neverTwice({ client }: Side, { description, answer }: Operation): void {
    const key = description.startsWith("claim") && client.keys.find((known) => answerOf(known) === answer);
    if (!key) return;
    const name = `${client.userId} ${client.deviceId} ${nameOf(key)}`;
    assert.ok(!this.#given.has(name), `C1: given twice: ${name}`);
    this.#given.add(name);
  }

  #stored({ client, owner }: Side): Promise<string> {
    const ids = [...new Set(client.keys.map(({ keyId }) => keyId))];
    return pick(this.#options.random, this.#options.stores).database.snapshots.read(
      async ({ oneTimeKeys, fallbackKeys }) => {
        const pool = await oneTimeKeys.listPoolKeys(owner, ids);
        const counts = [...(await oneTimeKeys.countPool(owner))].sort();
        const unused = await fallbackKeys.listUnusedAlgorithms(owner);
        return JSON.stringify([pool.map(answerOf).sort(), counts, unused]);
      },
    );
  }

  /** Claims one key after another until the order of earlier uploads is known. */
  async #untangle(side: Side): Promise<void> {
    const { stores, clock, random } = this.#options;
    while (side.devices.length > mostDevices) {
      const operation = claimOf(side, "signed_curve25519");
      const options = { database: pick(random, stores).database, clock, slowness: 0 };
      [operation.answer] = await this.#claim(options, [side], "signed_curve25519");
      await this.#settle(side, [operation]);
      if (operation.answer === "nothing") return;
    }
  }

  #count({ description, answer }: Operation): void {
    const { tally } = this.#options;
    tally[description.startsWith("claim") ? "claims" : "uploads"]++;
    if (answer === undefined) tally.lost++;
    if (answer?.startsWith("duplicate")) tally.duplicates++;
    if (answer === "M_TOO_LARGE") tally.overfull++;
  }
}

function claimOf({ owner }: Side, algorithm: string): Operation {
  return {
    outcomes: (device) => claim(device, algorithm),
    answer: undefined,
    description: `claim of ${owner.userId} ${owner.deviceId} ${algorithm}`,
  };
}

/** Asks after some steps, and writes down what is answered while the process lives. */
async function answered(
  store: CrashableDatabase,
  start: number,
  operations: readonly Operation[],
  ask: () => Promise<readonly string[]>,
): Promise<void> {
  const { life } = store;
  await store.steps(start);
  if (life.over) return;
  const answers = await life.answer(ask());
  if (!answers) return;
  for (const [index, operation] of operations.entries()) operation.answer = answers[index];
}

/** What of a device can be seen in its stores. */
function summary(device: DeviceModel): string {
  const { fallbackKey, pool } = device;
  const unused = fallbackKey && !fallbackKey.used ? [fallbackKey.algorithm] : [];
  return JSON.stringify([pool.flat().map(answerOf).sort(), Object.entries(countsOf(device)).sort(), unused]);
}
