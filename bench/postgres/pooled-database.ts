import type { Client } from "pg";
import type { Cluster } from "../../test/support/postgres/cluster.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { connectTo } from "./connect-to.ts";
import { type BenchDatabase, fillPools, type Targets } from "./populate.ts";

/** A copy of a populated database whose pools are claimed from, and filled again between rounds. */
export class PooledDatabase implements BenchDatabase {
  readonly name: string;
  readonly url: string;
  readonly config: BenchDatabase["config"];
  readonly #cluster: Cluster;
  readonly #targets: Targets;
  readonly #client: Client;

  private constructor(cluster: Cluster, name: string, targets: Targets, client: Client) {
    this.name = name;
    this.url = cluster.urlOf(name);
    this.config = { engine: "postgres", url: this.url };
    this.#cluster = cluster;
    this.#targets = targets;
    this.#client = client;
  }

  static async copy(
    cluster: Cluster,
    template: BenchDatabase,
    name: string,
    targets: Targets,
  ): Promise<PooledDatabase> {
    await cluster.createDatabase(name, template.name);
    return new PooledDatabase(cluster, name, targets, await connectTo(cluster.urlOf(name)));
  }

  /**
   * Runs `claim` on full pools of a tidy database, and looks whether it took as many keys as it says: those that were
   * under way when a load ended are served but not counted.
   */
  async whileFull<Result>(claim: () => Promise<Result>, claimed: (result: Result) => number): Promise<Result & Taken> {
    await fillPools(this.#client, this.#targets);
    await this.#client.query("VACUUM ANALYZE");
    await this.#client.query("CHECKPOINT");
    const [keysBefore, numberBefore] = await this.#counters();
    const result = await claim();
    const [keysAfter, numberAfter] = await this.#counters();
    const taken = keysBefore - keysAfter;
    const said = claimed(result);
    if (taken < said || taken > said * 1.05 + 10_000) {
      throw new BrokenBenchmarkError(`${said} keys were claimed in ${this.name}, but ${taken} were taken`);
    }
    return { ...result, taken, transactions: numberAfter - numberBefore };
  }

  async #counters(): Promise<[keys: number, number: number]> {
    const text =
      "SELECT (SELECT count(*) FROM one_time_keys) AS keys, (SELECT last_value FROM commit_numbers) AS number";
    const { rows } = await this.#client.query<{ keys: string; number: string }>(text);
    return [Number(rows[0]?.keys), Number(rows[0]?.number)];
  }

  async drop(): Promise<void> {
    await this.#client.end();
    await this.#cluster.dropDatabase(this.name);
  }
}

/** What a database counts while it is claimed from. */
export interface Taken {
  /** Keys that left the pools. */
  readonly taken: number;
  /** Of the servers' units; pgbench's do not count. */
  readonly transactions: number;
}
