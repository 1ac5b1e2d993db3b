import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

const script = fileURLToPath(new URL("./wrk.lua", import.meta.url));

export function findWrk(): string | undefined {
  try {
    return execFileSync("which", ["wrk"], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

export async function runWrk(wrk: string, options: LoadOptions): Promise<LoadResult> {
  const { urls, requestsFile, start, connections, seconds } = options;
  const shape = ["--threads", String(urls.length), "--connections", String(connections), "--duration", `${seconds}s`];
  const { stdout } = await promisify(execFile)(
    wrk,
    [...[...shape, "--timeout", "10s", "--script", script, urls[0]], ...["--", requestsFile, String(start)]],
    { env: { ...process.env, SERVERS: urls.map((url) => new URL(url).host).join(" ") } },
  );
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (result === undefined) throw new BrokenBenchmarkError(`wrk printed no result: ${stdout}`);
  return JSON.parse(result) as LoadResult;
}
