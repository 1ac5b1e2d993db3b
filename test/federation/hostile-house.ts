import assert from "node:assert/strict";
import { type Client, newClient } from "../support/client.ts";
import { upload } from "./changing-devices.ts";
import { eventually } from "./eventually.ts";
import { type FederatedServer, Federation } from "./federated-servers.ts";
import { FollowingClient, sendNumber, upTo } from "./following-client.ts";
import { type PlayedServer, PlayedServers } from "./played-servers.ts";

export interface HostileResult {
  /** What became of it, in a few words. */
  readonly outcome: string;
  /** What it cost. */
  readonly figure: string;
}

/** Something that a hostile server does. */
export interface HostileCase {
  readonly name: string;
  /** What the server does, in one line. */
  readonly what: string;
  /** Does it, and rejects where the attacked server did not stand it. */
  run(house: HostileHouse): Promise<HostileResult>;
}

/** How many hostile servers there are to choose from, each a stranger that has done nothing yet. */
const strangers = 100;

/** A server that is attacked, an honest one that it talks to, and strangers who attack it. */
export class HostileHouse {
  readonly federation: Federation;
  readonly victim: FederatedServer;
  /** A user of the victim, with a client that keeps what it hears; another one; and one of the honest server. */
  readonly alice: FollowingClient;
  readonly bert: Client;
  readonly carol: FollowingClient;
  readonly #played: PlayedServers;
  readonly #fresh: PlayedServer[];
  #rounds = 0;

  private constructor(federation: Federation, played: PlayedServers, clients: readonly [Client, Client, Client]) {
    this.federation = federation;
    this.victim = federation.server("victim");
    this.#played = played;
    this.#fresh = played.all;
    const [alice, bert, carol] = clients;
    this.alice = new FollowingClient(alice);
    this.bert = bert;
    this.carol = new FollowingClient(carol);
    this.alice.follow(carol.userId);
    this.carol.follow(alice.userId);
  }

  static async open(): Promise<HostileHouse> {
    const names = Array.from({ length: strangers }, (_, index) => `hostile-${index}.claviger.test`);
    const played = await PlayedServers.start(...names);
    const federation = await Federation.start({
      names: ["victim", "honest"],
      played: played.overrides,
      overrides: (short) => (short === "victim" ? { claims: { server_budget: 10 } } : {}),
      allowPrivate: false,
      // A stranger's DNS: all its names are those of this machine.
      resolve: { addresses: async () => ["127.0.0.1", "::1"], services: async () => [] },
    });
    const [victim, honest] = [federation.server("victim"), federation.server("honest")];
    const clients = [
      await newClient(victim.url, "alice"),
      await newClient(victim.url, "bert"),
      await newClient(honest.url, "carol"),
    ] as const;
    for (const client of clients) await upload(client, client.keys);
    const house = new HostileHouse(federation, played, clients);
    await house.honestRound();
    return house;
  }

  /** The next stranger. */
  stranger(): PlayedServer {
    return this.#fresh.shift()!;
  }

  async close(): Promise<void> {
    await this.federation.close();
    await this.#played.close();
  }

  /** What honest people do: ask for keys and write, on both servers and from one to the other. */
  async honestRound(): Promise<void> {
    const [alice, bert, carol] = [this.alice.client, this.bert, this.carol.client];
    for (const [asker, owner] of [
      [bert, alice],
      [alice, carol],
      [carol, alice],
    ] as const) {
      const { failures = {}, device_keys: keys } = await asker.query(owner.userId);
      assert.deepEqual(failures, {});
      assert.ok(owner.deviceId in keys[owner.userId]);
      assert.ok(await asker.claim(owner.userId, owner.deviceId), "there is a key, if only the fallback key");
    }
    const number = this.#rounds++;
    await sendNumber(alice, carol, number);
    await sendNumber(carol, alice, number);
    await eventually(async () => {
      for (const [to, from] of [
        [this.alice, carol],
        [this.carol, alice],
      ] as const) {
        await to.sync();
        assert.deepEqual(to.numbersOf(from.userId), upTo(this.#rounds));
      }
    });
  }

  /** Honest people go on while it lasts: whole rounds of theirs, at least one. */
  async during<T>(attack: Promise<T>): Promise<{ readonly result: T; readonly rounds: number }> {
    let isOver = false;
    const ended = attack.finally(() => {
      isOver = true;
    });
    // It is looked at below.
    ended.catch(() => undefined);
    let rounds = 0;
    do {
      await this.honestRound();
      rounds += 1;
    } while (!isOver);
    return { result: await ended, rounds };
  }

  /** Resolves when honest people have been through a round that began after this. */
  async untilRound(): Promise<void> {
    const goal = this.#rounds + 2;
    await eventually(() => assert.ok(this.#rounds >= goal, "honest people do not get through"));
  }

  /** The sum of a metric of the victim over the labels that have this text in them. */
  async metric(name: string, labels = ""): Promise<number> {
    const text = await (await fetch(`${this.victim.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(name) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }
}
