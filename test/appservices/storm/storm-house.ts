import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../../../examples/matrix-client.ts";
import { freePort, type Running, startClaviger, untilHealthy } from "../../cli/run-claviger.ts";
import { writeAccounts } from "../../races/seeded-server.ts";
import { KeyedDevice } from "../../support/signed-keys.ts";
import { Connection } from "./connection.ts";
import { LoadClient } from "./load-client.ts";
import { accountsOf, setsOf } from "./population.ts";
import { type ProcessSample, sampleProcess } from "./scrape.ts";
import { type StormClient, storm } from "./storm.ts";

const watched = new URL("./watched-process.ts", import.meta.url);

interface StormPlan {
  readonly clients: number;
  /** Ms, of one half of the clients and of the other. */
  readonly timeouts: readonly [number, number];
  /** Whom the clients ask for: all of them for the first set, and each for one of the others. */
  readonly sets: readonly (readonly Account[])[];
  /** Files. */
  readonly registrations: readonly string[];
}

/** A server as a process of its own, on SQLite, with all that a storm needs. */
export class StormHouse {
  readonly url: string;
  readonly running: Running;
  readonly clients: readonly StormClient[];
  readonly bystanders: readonly LoadClient[];
  readonly #connectionsFile: string;
  readonly #watching: Connection;
  readonly #others: People["others"];

  private constructor(place: Place, running: Running, people: People, { timeouts, sets }: StormPlan) {
    const { url } = place;
    this.url = url;
    this.running = running;
    this.#connectionsFile = place.connectionsFile;
    this.#watching = new Connection(url);
    this.#others = people.others;
    this.bystanders = people.bystanders.map((account) => new LoadClient(url, account));
    const [everybodys = [], ...others] = sets;
    this.clients = people.clients.map((account, index) => ({
      client: new LoadClient(url, account),
      timeout: timeouts[index % 2] ?? 0,
      // Of the clients of a set one half has the one timeout, one the other.
      sets: [everybodys, others[Math.floor(index / 2) % others.length] ?? []],
    }));
  }

  static async open(folder: string, plan: StormPlan): Promise<StormHouse> {
    const dataDir = join(folder, "data");
    mkdirSync(dataDir, { recursive: true });
    const people: People = {
      clients: accountsOf("client", plan.clients),
      bystanders: accountsOf("resident", 40),
      others: setsOf(accountsOf("other", 40), 20),
    };
    const all = [...people.clients, ...people.bystanders, ...people.others.flat(), ...plan.sets.flat()];
    await writeAccounts({ engine: "sqlite", path: join(dataDir, "claviger.db") }, dataDir, all);
    const url = `http://127.0.0.1:${await freePort()}`;
    const place: Place = { folder, url, connectionsFile: join(folder, "connections") };
    const running = serve(place, plan.registrations);
    await untilHealthy(url, running);
    const house = new StormHouse(place, running, people, plan);
    // Bystanders have all that a client has; every second user asked for has device keys and a fallback key.
    for (const account of people.bystanders) await house.#upload(account, 50);
    for (const set of [...people.others, ...plan.sets]) {
      for (const account of set.filter((_, index) => index % 2 === 0)) await house.#upload(account, 0);
    }
    return house;
  }

  /** All that a storm is, but at users of nobody: every connection is open, and the process has the memory that it takes. */
  async warmUp(): Promise<void> {
    const clients = this.clients.map((client) => ({ ...client, sets: this.#others }));
    for (let round = 0; round < 2; round++) {
      const { wrong } = await storm(clients, { length: 0, period: 1 });
      if (wrong.length > 0) throw new Error(`warming up: ${wrong.join("; ")}`);
    }
  }

  /** When the server's process has opened connections to others, in ms since the epoch. */
  connections(): number[] {
    if (!existsSync(this.#connectionsFile)) return [];
    return readFileSync(this.#connectionsFile, "utf8").trim().split("\n").map(Number);
  }

  sample(): Promise<ProcessSample> {
    return sampleProcess(this.#watching);
  }

  /** After the process has collected its garbage: what is left is what it holds. */
  async sampleHeld(): Promise<ProcessSample> {
    for (let round = 0; round < 2; round++) {
      this.running.process.kill("SIGUSR2");
      // What only waits to be finalized is gone after a while.
      await sleep(200);
    }
    return this.sample();
  }

  async close(): Promise<number | null> {
    for (const { client } of this.clients) client.close();
    for (const client of this.bystanders) client.close();
    this.#watching.close();
    this.running.process.kill("SIGTERM");
    return (await this.running.ended).code;
  }

  async #upload(account: Account, oneTimeKeys: number): Promise<void> {
    const device = new KeyedDevice(account);
    const client = new LoadClient(this.url, account);
    const { status, body } = await client.post("/keys/upload", {
      ...{ device_keys: device.deviceKeys(), fallback_keys: device.fallbackKey() },
      one_time_keys: device.oneTimeKeys(oneTimeKeys),
    });
    client.close();
    if (status !== 200) throw new Error(`the upload of ${account.userId}: ${status} ${JSON.stringify(body)}`);
  }
}

interface Place {
  readonly folder: string;
  readonly url: string;
  readonly connectionsFile: string;
}

interface People {
  readonly clients: readonly Account[];
  readonly bystanders: readonly Account[];
  /** Whom the clients ask for to warm up. */
  readonly others: readonly (readonly Account[])[];
}

function serve({ folder, url, connectionsFile }: Place, appservices: readonly string[]): Running {
  const listeners = [
    { port: Number(new URL(url).port), bind: "127.0.0.1", resources: ["client", "health", "metrics"] },
  ];
  const config = {
    ...{ server_name: "localhost", data_dir: "data", listeners, appservices },
    ...{ limits: { enabled: false }, log: { level: "error" } },
  };
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  return startClaviger(["serve", "--config", "claviger.yaml"], {
    folder,
    environment: {
      NODE_OPTIONS: `--expose-gc --import=${watched}`,
      CONNECTIONS_FILE: connectionsFile,
    },
  });
}
