import { readFileSync } from "node:fs";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { runAutocannon } from "./autocannon.ts";
import { parseLine, uniquePart } from "./requests-file.ts";
import { findWrk, runWrk } from "./wrk.ts";

export interface LoadOptions {
  /** The servers, which have an equal part of the connections each. */
  readonly urls: readonly [string, ...string[]];
  /** What is sent: a file of `writeRequests`, its lines one after another, and again from the first. */
  readonly requestsFile: string;
  /** The line to begin with. */
  readonly start: number;
  readonly connections: number;
  /** A whole number: `wrk` knows no others. */
  readonly seconds: number;
}

export interface LoadResult {
  /** Answered with 2xx. */
  readonly requests: number;
  readonly seconds: number;
  /** Of one request, in ms. */
  readonly p50: number;
  readonly p99: number;
  /** Answered otherwise, or not at all. */
  readonly failed: number;
  /** The line after the last that was sent (to the server that was sent most). */
  readonly next: number;
}

const wrk = findWrk();

export const loadTool = wrk === undefined ? "autocannon" : "wrk";

/** Load from another process, as much as the connections can carry. Every request must succeed. */
export async function runLoad(options: LoadOptions): Promise<LoadResult & { readonly rate: number }> {
  await probe(options);
  const result = await (wrk === undefined ? runAutocannon(options) : runWrk(wrk, options));
  if (result.failed > 0 || result.requests === 0) {
    throw new BrokenBenchmarkError(`${result.failed} of ${result.requests} requests to ${options.urls} failed`);
  }
  return { ...result, rate: result.requests / result.seconds };
}

const firstLines = new Map<string, string>();

/** The load generators count failures but do not show them. */
async function probe({ urls: [url], requestsFile }: LoadOptions): Promise<void> {
  let line = firstLines.get(requestsFile);
  if (line === undefined) {
    line = readFileSync(requestsFile, "utf8").split("\n", 1)[0] ?? "";
    firstLines.set(requestsFile, line);
  }
  const { method, path: template, accessToken, body } = parseLine(line);
  const path = template.replace(uniquePart, `probe-${performance.now()}`);
  const headers = { authorization: `Bearer ${accessToken}` };
  const answer = await fetch(url + path, { method, headers, ...(method !== "GET" && { body }) });
  const text = await answer.text();
  if (!answer.ok) throw new BrokenBenchmarkError(`${method} ${path} answers ${answer.status}: ${text.slice(0, 500)}`);
}
