import { below, type Random } from "../races/key-requests.ts";
import type { Deployment } from "./deployment.ts";

export interface ChaosRates {
  /** Answers between two kills of a process, on average. */
  readonly kill: number;
  /** Answers between two times that connections to the database are ended, on average. */
  readonly endConnections: number;
}

/** Kills processes and connections when so and so many answers have been given. */
export class Chaos {
  kills = 0;
  endedConnections = 0;
  readonly #deployment: Deployment;
  readonly #rates: ChaosRates;
  readonly #random: Random;
  readonly #dead = new Set<number>();
  readonly #underWay = new Set<Promise<void>>();
  #failed: Error | undefined;
  #nextKill: number;
  #nextEnd: number;
  #isQuiet = true;

  constructor(deployment: Deployment, rates: ChaosRates, random: Random) {
    this.#deployment = deployment;
    this.#rates = rates;
    this.#random = random;
    this.#nextKill = this.#after(0, rates.kill);
    this.#nextEnd = this.#after(0, rates.endConnections);
  }

  /** To be told of each answer. */
  answered(operations: number): void {
    if (this.#isQuiet) return;
    if (operations >= this.#nextKill) {
      this.#nextKill = this.#after(operations, this.#rates.kill);
      this.#start(this.#killOne(below(this.#random, this.#deployment.processes)));
    }
    if (operations >= this.#nextEnd) {
      this.#nextEnd = this.#after(operations, this.#rates.endConnections);
      this.#start(this.#endConnections(this.#random() < 0.3 ? 1 : this.#random() ** 2));
    }
  }

  begin(): void {
    this.#isQuiet = false;
  }

  /** Kills nothing more; resolves when all processes serve again. @throws what a process said that did not start again */
  async end(): Promise<void> {
    this.#isQuiet = true;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (this.#failed) throw this.#failed;
  }

  async #killOne(process: number): Promise<void> {
    if (this.#dead.has(process)) return;
    this.#dead.add(process);
    this.kills++;
    await this.#deployment.kill(process);
    await this.#deployment.restart(process);
    this.#dead.delete(process);
  }

  async #endConnections(share: number): Promise<void> {
    this.endedConnections += (await this.#deployment.killConnections?.(share)) ?? 0;
  }

  #start(work: Promise<void>): void {
    const guarded = work
      .catch((error: Error) => {
        this.#failed ??= error;
      })
      .finally(() => this.#underWay.delete(guarded));
    this.#underWay.add(guarded);
  }

  #after(operations: number, rate: number): number {
    return operations + 1 + below(this.#random, 2 * rate);
  }
}
