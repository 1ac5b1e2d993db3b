// The load generator for machines without wrk.
import { readFileSync } from "node:fs";
import autocannon from "autocannon";
import { answerCalls } from "../child/answer-calls.ts";
import type { LoadOptions, LoadResult } from "../load/load.ts";
import { parseLine, uniquePart } from "../load/requests-file.ts";

answerCalls({
  async run(options: LoadOptions & { readonly number: number }): Promise<LoadResult> {
    const { urls, requestsFile, start, connections, seconds, number } = options;
    const lines = readFileSync(requestsFile, "utf8").trimEnd().split("\n");
    const offset = number * Math.floor(lines.length / urls.length);
    let next = start;
    const nextRequest = (request: object) => {
      const line = lines[(offset + next++) % lines.length] as string;
      const { method, path: template, accessToken, body } = parseLine(line);
      const path = template.replace(uniquePart, `${number}-${next}`);
      const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
      return { ...request, method, path, headers, body };
    };
    const result = await autocannon({
      ...{ url: urls[number] ?? urls[0], connections, duration: seconds, timeout: 10 },
      requests: [{ setupRequest: nextRequest }],
    });
    return {
      requests: result["2xx"],
      seconds: result.duration,
      p50: result.latency.p50,
      p99: result.latency.p99,
      failed: result.non2xx + result.errors,
      next,
    };
  },
});
