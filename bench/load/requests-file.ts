import { writeFileSync } from "node:fs";

/** Where it stands in a path, each request that is sent has something else. */
export const uniquePart = "@unique@";

export interface LoadRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly accessToken: string;
  /** JSON. */
  readonly body: string;
}

/** One request a line, its parts between tabs: what `wrk.lua` and `processes/autocannon.ts` read. */
export function writeRequests(file: string, requests: Iterable<LoadRequest>): void {
  const lines: string[] = [];
  for (const { method, path, accessToken, body } of requests) lines.push([method, path, accessToken, body].join("\t"));
  writeFileSync(file, `${lines.join("\n")}\n`);
}

export function parseLine(line: string): LoadRequest {
  const [method, path, accessToken, body] = line.split("\t");
  return { method, path, accessToken, body } as LoadRequest;
}
