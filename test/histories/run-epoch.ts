import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../../examples/matrix-client.ts";
import { below, pick, type Random, weighted } from "../races/key-requests.ts";
import type { Chaos } from "./chaos.ts";
import { type Decided, raceForCrossSigning, raceForName } from "./contests.ts";
import { DeviceClient, type Recipient } from "./device-client.ts";
import type { Gateway } from "./gateway.ts";
import { type DeviceName, type History, upsert } from "./history.ts";
import { meet } from "./meet.ts";
import { QuietPair } from "./quiet-pair.ts";
import type { Recorder } from "./recorder.ts";

const workers = 24;

/** How long syncs wait, in ms. There is always something new before. */
const syncTimeout = 30_000;

/** Users that do everything with each other; every other one has a second device. */
const busyUsers = 30;

/** Pairs of users that have nothing to do with the others. */
const quietPairs = 2;

/** So many answers are given between two things that a quiet pair does. */
const quietPause = 20;

/** These devices, which get many messages, sync rarely: more wait than one answer has. */
const sleepy = [1, 2, 4];

/** A device uploads fresh keys when it has fewer. */
const enough = 40;

const accountDataTypes = ["com.example.a", "com.example.b", "com.example.c"];

const weights = {
  ...{ claim: 26, send: 20, sync: 14, query: 6, freshKeys: 12, oldKeys: 3, clashingKeys: 3, deviceKeys: 3 },
  ...{ sendTwice: 3, syncAgain: 3, syncAtOnce: 2, put: 4, get: 4, crossSigning: 1, name: 0.1 },
};

export interface EpochSurroundings {
  readonly gateway: Gateway;
  readonly recorder: Recorder;
  readonly chaos: Chaos;
  readonly random: Random;
  /** A wake that comes later, in ms, counts as lost. */
  readonly longestWake: number;
}

/** Accounts of an epoch: first the busy users, then the quiet ones. Epochs have nobody in common. */
export function epochAccounts(epoch: number): Account[] {
  return Array.from({ length: busyUsers + 2 * quietPairs }, (_, user) => {
    const devices = user % 2 === 0 && user < busyUsers ? ["PHONE", "LAPTOP"] : ["PHONE"];
    return devices.map((deviceId) => {
      const localpart = `epoch${epoch}user${user}`;
      return { userId: `@${localpart}:localhost`, deviceId, accessToken: `token-of-${localpart}-${deviceId}` };
    });
  }).flat();
}

/**
 * So many operations by those who have this epoch to themselves; then, with nobody killed any more, everything is received,
 * claimed and looked at, so that nothing is left open.
 */
export async function runEpoch(surroundings: EpochSurroundings, epoch: number, operations: number): Promise<History> {
  const run = new Epoch(surroundings, epoch);
  await run.meet();
  surroundings.chaos.begin();
  await run.work(operations);
  await surroundings.chaos.end();
  await run.settle();
  return surroundings.recorder.take();
}

class Epoch {
  readonly #clients: readonly DeviceClient[];
  readonly #busy: readonly DeviceClient[];
  readonly #quiet: readonly QuietPair[];
  /** They sync all the time, and wait; the others sync between their other operations. */
  readonly #listeners: ReadonlySet<DeviceClient>;
  readonly #listening: Promise<void>[];
  readonly #surroundings: EpochSurroundings;
  readonly #epoch: number;
  readonly #random: Random;
  readonly #devices = new Map<string, DeviceName[]>();
  readonly #withoutCrossSigning: DeviceClient[];
  readonly #decided: Decided[] = [];
  readonly #last = new Map<DeviceClient, Set<number>>();
  #names = 0;
  #lastMessage: number | undefined;

  constructor(surroundings: EpochSurroundings, epoch: number) {
    const { gateway, recorder, random } = surroundings;
    this.#surroundings = surroundings;
    this.#epoch = epoch;
    this.#random = random;
    this.#clients = epochAccounts(epoch).map((account) => new DeviceClient(account, gateway, recorder, random));
    for (const { userId, name } of this.#clients) upsert(this.#devices, userId, () => []).push(name);
    const seen = new Set<string>();
    const quiet = this.#clients.slice(-2 * quietPairs);
    this.#busy = this.#clients.slice(0, -2 * quietPairs);
    this.#quiet = Array.from({ length: quietPairs }, (_, index) => {
      return new QuietPair(quiet[2 * index] as DeviceClient, quiet[2 * index + 1] as DeviceClient, random);
    });
    this.#withoutCrossSigning = this.#busy.filter(({ userId }) => !seen.has(userId) && seen.add(userId));
    const waiting = this.#busy.filter((_, index) => index % 3 === 0 && !sleepy.includes(index));
    this.#listeners = new Set([...waiting, ...this.#quiet.map(({ listener }) => listener)]);
    this.#listening = [...this.#listeners].map((client) => this.#listen(client));
    // Whoever fails is heard of in `settle`.
    for (const listening of this.#listening) listening.catch(() => undefined);
  }

  /** The busy users meet in one room, each quiet pair in one of its own. */
  async meet(): Promise<void> {
    const { gateway, recorder } = this.#surroundings;
    await meet(gateway, recorder, this.#busy);
    for (const { listener, friend } of this.#quiet) await meet(gateway, recorder, [listener, friend]);
  }

  async work(operations: number): Promise<void> {
    const { recorder } = this.#surroundings;
    const until = recorder.operations + operations;
    const isOver = () => recorder.operations >= until;
    const pause = async () => {
      const next = Math.min(recorder.operations + quietPause, until);
      while (recorder.operations < next) await sleep(5);
    };
    const work = async (worker: number) => {
      const own = this.#busy.filter((_, index) => index % workers === worker);
      while (!isOver()) await this.#operate(pick(this.#random, own));
    };
    await Promise.all([
      ...Array.from({ length: workers }, (_, worker) => work(worker)),
      ...this.#quiet.map((pair) => pair.keepWaking(pause, isOver)),
    ]);
  }

  async settle(): Promise<void> {
    const { recorder } = this.#surroundings;
    const [sender] = this.#clients;
    if (!sender) throw new Error("there are no clients");
    const everybody = [...this.#devices.keys()].map((allOf): Recipient => ({ allOf }));
    this.#lastMessage = await sender.send(everybody, this.#devicesOf);
    await Promise.all([...this.#clients].map((client) => this.#listeners.has(client) || this.#receiveAll(client)));
    await Promise.all(this.#listening);
    await sender.query([...this.#devices.keys()], this.#devicesOf);
    for (const { contest, find } of this.#decided) recorder.add({ ...contest, found: await find() });
    const counted = new Map<DeviceClient, number>();
    for (const client of this.#clients) counted.set(client, (await client.syncOn()).count);
    const given = await this.#drain(sender);
    for (const client of this.#clients) {
      const { count } = await client.syncOn();
      const rest = { counted: counted.get(client) ?? 0, given: given.get(client.name) ?? 0, countedAfter: count };
      recorder.add({ kind: "rest", device: client.name, ...rest });
    }
  }

  async #operate(client: DeviceClient): Promise<void> {
    const kind = weighted(this.#random, weights);
    const type = pick(this.#random, accountDataTypes);
    switch (kind) {
      case "claim":
        await client.claim(this.#someDevices(4));
        return;
      case "send":
      case "sendTwice":
        await client.send(this.#someRecipients(), this.#devicesOf, kind === "sendTwice");
        return;
      case "query":
        return client.query([pick(this.#random, this.#busy).userId, client.userId], this.#devicesOf);
      case "freshKeys":
        return client.count < enough ? client.uploadFreshKeys() : client.uploadOldKeys();
      case "oldKeys":
        return client.uploadOldKeys();
      case "clashingKeys":
        return client.uploadClashingKeys();
      case "deviceKeys":
        return client.uploadDeviceKeys();
      case "put":
        await client.putAccountData(type);
        return;
      case "get":
        return client.getAccountData(type);
      case "crossSigning":
        return this.#raceForCrossSigning();
      case "name":
        return this.#raceForName();
      default:
        return this.#sync(client, kind);
    }
  }

  async #sync(client: DeviceClient, kind: "sync" | "syncAgain" | "syncAtOnce"): Promise<void> {
    // A listener syncs by itself.
    const isAsleep = sleepy.includes(this.#busy.indexOf(client)) && this.#random() < 0.95;
    if (this.#listeners.has(client) || isAsleep) await client.claim(this.#someDevices(2));
    else if (kind === "syncAgain") await client.syncAgain();
    else if (kind === "syncAtOnce") await client.syncAtOnce();
    else await client.syncOn();
  }

  async #raceForCrossSigning(): Promise<void> {
    const client = this.#withoutCrossSigning.pop();
    if (client) this.#decided.push(await raceForCrossSigning(this.#surroundings, client));
  }

  async #raceForName(): Promise<void> {
    this.#decided.push(await raceForName(this.#surroundings, `epoch${this.#epoch}name${this.#names++}`));
  }

  async #listen(client: DeviceClient): Promise<void> {
    const isQuiet = this.#quiet.some(({ listener }) => listener === client);
    // Short: a lost wake is noticed when nothing else, such as a kill, has ended the wait by then.
    const timeout = isQuiet ? 2 * this.#surroundings.longestWake : syncTimeout;
    while (!this.#hasEverything(client)) await this.#receive(client, timeout);
  }

  async #receiveAll(client: DeviceClient): Promise<void> {
    let left = 100;
    while (!this.#hasEverything(client) && left-- > 0) await this.#receive(client, 0);
  }

  async #receive(client: DeviceClient, timeout: number): Promise<void> {
    const sync = await client.syncOn(timeout);
    const { messages, timedOut } = sync;
    for (const pair of this.#quiet) if (pair.listener === client) pair.hear(sync);
    this.#last.set(client, new Set(messages.map(({ message }) => message)));
    // The checker tells what it has slept through.
    if (timedOut && this.#lastMessage !== undefined) this.#last.set(client, new Set([this.#lastMessage]));
  }

  #hasEverything(client: DeviceClient): boolean {
    return this.#lastMessage !== undefined && this.#last.get(client)?.has(this.#lastMessage) === true;
  }

  /** Claims until nobody has a one-time key; gives how many each had. */
  async #drain(claimer: DeviceClient): Promise<Map<DeviceName, number>> {
    const given = new Map<DeviceName, number>();
    let left = this.#clients.map(({ name }) => name);
    while (left.length > 0) {
      const claim = await claimer.claim(left);
      if (!claim.given) throw new Error("a claim at rest was not answered");
      left = claim.targets.filter((device, index) => {
        const key = claim.given?.[index];
        if (!key?.key.startsWith("key ")) return false;
        given.set(device, (given.get(device) ?? 0) + 1);
        return true;
      });
    }
    return given;
  }

  readonly #devicesOf = (userId: string): readonly DeviceName[] => this.#devices.get(userId) ?? [];

  /** Different ones; the first are wanted more often. */
  #someDevices(most: number): DeviceName[] {
    const count = 1 + below(this.#random, most);
    return [...new Set(Array.from({ length: count }, () => this.#someClient().name))];
  }

  #someRecipients(): Recipient[] {
    return Array.from({ length: 1 + below(this.#random, 3) }, () => {
      const { name, userId } = this.#someClient();
      return this.#random() < 0.4 ? { allOf: userId } : { device: name };
    });
  }

  #someClient(): DeviceClient {
    return this.#busy[Math.floor(this.#random() ** 2 * this.#busy.length)] as DeviceClient;
  }
}
