import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { pick, type Random } from "../races/key-requests.ts";
import type { Moment } from "./history.ts";
import type { Recorder } from "./recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker says what is wrong with an answer.
type Json = any;

export interface Call {
  readonly method: "GET" | "POST" | "PUT";
  /** Without `/_matrix/client/v3`. */
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
  /** Statuses that a correct server may answer with; else only 200. */
  readonly expected?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly began: Moment;
  readonly ended: Moment;
  /** How long it took, in ms. */
  readonly took: number;
}

/** An answer, after as many tries as it took. */
export interface SettledAnswer extends Answer {
  /** When the first try began. */
  readonly firstBegan: Moment;
  /** Answers that were lost before. */
  readonly lost: number;
}

/** In ms: nothing takes as long, not even on a machine that does much else. */
const longestAnswer = 120_000;

/** Sends requests to whichever process serves. */
export class Gateway {
  readonly #urls: () => readonly string[];
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #agent = new Agent({ keepAlive: true });
  #isClosed = false;

  constructor(urls: () => readonly string[], random: Random, recorder: Recorder) {
    this.#urls = urls;
    this.#random = random;
    this.#recorder = recorder;
  }

  /** Whatever is asked from now on fails. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  /** One try; `undefined` where it may have happened or not: the connection was lost, or the answer is a 503. */
  async ask(call: Call): Promise<{ answer: Answer | undefined; began: Moment; ended: Moment }> {
    for (;;) {
      const url = await this.#someUrl();
      if (this.#isClosed) throw new Error("the run is over");
      const began = this.#recorder.moment();
      const beganAt = performance.now();
      const got = await this.#exchange(url, call);
      if (got === "refused") {
        await sleep(10);
        continue;
      }
      const ended = this.#recorder.moment();
      if (got !== "lost" && (got.status === 200 || call.expected?.includes(got.status))) {
        this.#recorder.answered();
        return { answer: { ...got, began, ended, took: performance.now() - beganAt }, began, ended };
      }
      if (got !== "lost" && got.status !== 503) {
        const what = `${call.method} ${call.path} answered ${got.status} ${JSON.stringify(got.body).slice(0, 500)}`;
        this.#recorder.add({ kind: "mishap", what, began, ended });
      }
      this.#recorder.lost++;
      return { answer: undefined, began, ended };
    }
  }

  /** Tries until there is an answer, as clients do, at any process. */
  async settle(call: Call): Promise<SettledAnswer> {
    let firstBegan: Moment | undefined;
    for (let lost = 0; ; lost++) {
      const { answer, began } = await this.ask(call);
      firstBegan ??= began;
      if (answer) return { ...answer, firstBegan, lost };
      if (lost === 50) throw new Error(`${call.method} ${call.path} was not answered in ${lost} tries`);
      await sleep(10);
    }
  }

  async #someUrl(): Promise<string> {
    const deadline = performance.now() + longestAnswer;
    for (;;) {
      const urls = this.#urls();
      if (urls.length > 0) return pick(this.#random, urls);
      if (performance.now() > deadline) throw new Error("no process serves");
      await sleep(10);
    }
  }

  #exchange(url: string, call: Call): Promise<{ status: number; body: Json } | "lost" | "refused"> {
    const { method, path, token, body } = call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(text !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const target = `${url}/_matrix/client/v3${path}`;
      const asked = request(target, { method, headers, agent: this.#agent, timeout: longestAnswer }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", () => resolve("lost"));
        answer.on("end", () => {
          if (!answer.complete) return resolve("lost");
          const told = Buffer.concat(chunks).toString();
          try {
            resolve({ status: answer.statusCode ?? 0, body: JSON.parse(told) });
          } catch {
            reject(new Error(`${method} ${path} answered what is not JSON: ${told.slice(0, 200)}`));
          }
        });
      });
      asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED" ? "refused" : "lost"));
      asked.on("timeout", () => reject(new Error(`${method} ${path} was not answered in ${longestAnswer} ms`)));
      asked.end(text);
    });
  }
}
