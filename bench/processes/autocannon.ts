// The load generator for machines without wrk.
import { readFileSync } from "node:fs";
import autocannon from "autocannon";
import { answerCalls } from "../child/answer-calls.ts";
import type { LoadOptions, LoadResult } from "../load/load.ts";
import { parseLine } from "../load/requests-file.ts";

answerCalls({
  async run({ url, requestsFile, start, connections, seconds }: LoadOptions): Promise<LoadResult> {
    const lines = readFileSync(requestsFile, "utf8").trimEnd().split("\n");
    let next = start;
    const nextRequest = (request: object) => {
      const { method, path, accessToken, body } = parseLine(lines[next++ % lines.length] as string);
      const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
      return { ...request, method, path, headers, body };
    };
    const result = await autocannon({
      ...{ url, connections, duration: seconds, timeout: 10 },
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
