import { Child } from "./child/child.ts";
import type { LoadRequest } from "./load/requests-file.ts";
import type { BareAnswer } from "./processes/bare-http-server.ts";
import type { BareGroups, BareGroupsResult, BareStatements } from "./processes/bare-statements.ts";

/** Headers that `node:http` makes by itself. */
const made = new Set(["connection", "content-length", "date", "keep-alive", "transfer-encoding"]);

/** Asks the server under test once; the bare server then gives everybody this answer. */
export async function answerOf(url: string, { method, path, accessToken, body }: LoadRequest): Promise<BareAnswer> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const answer = await fetch(url + path, { method, headers, ...(method !== "GET" && { body }) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${bytes.toString().slice(0, 500)}`);
  const kept = [...answer.headers].filter(([name]) => !made.has(name));
  return { headers: { ...Object.fromEntries(kept), "content-length": String(bytes.length) }, body: bytes };
}

export async function startBareHttp(answer: BareAnswer): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = new Child(new URL("./processes/bare-http-server.ts", import.meta.url));
  return { url: await child.call<string>("start", answer), stop: () => child.stop() };
}

export interface BareSqlite {
  run(groups: BareGroups): Promise<BareGroupsResult & { readonly rate: number }>;
  stop(): Promise<void>;
}

export async function openBareSqlite(statements: BareStatements): Promise<BareSqlite> {
  const child = new Child(new URL("./processes/bare-statements.ts", import.meta.url));
  await child.call("open", statements);
  return {
    async run(groups) {
      const result = await child.call<BareGroupsResult>("run", groups);
      return { ...result, rate: result.requests / result.seconds };
    },
    stop: () => child.stop(),
  };
}
