// A floor: node:http and better-sqlite3, nothing else. It reads the users out of the body, runs the statements that the
// server runs for a query, and puts the texts that it finds together.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerCalls } from "../child/answer-calls.ts";
import { openConnections, prepareSteps, readTransaction } from "../tracing/prepared-steps.ts";
import type { Template } from "../tracing/template.ts";
import type { SqlValue } from "../tracing/traced-statement.ts";

export interface BareQuery {
  readonly path: string;
  readonly template: Template;
  /** Every answer gets these. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the subject of a request begins with; after it come the users. */
  readonly caller: readonly SqlValue[];
}

interface KeyRow {
  readonly user_id: string;
  readonly name: string;
  readonly rendered: string;
}

answerCalls({
  async start({ path, template, headers, caller }: BareQuery): Promise<string> {
    const connections = openConnections(path);
    const snapshot = readTransaction(connections);
    const run = prepareSteps(connections, template.reads);
    const isOfDevices = template.reads.map(({ sql }) => sql.includes("device_keys"));

    function answer(body: string): string {
      const { device_keys } = JSON.parse(body) as { device_keys: Record<string, unknown> };
      const userIds = Object.keys(device_keys);
      snapshot.begin();
      const results = run([...caller, ...userIds, JSON.stringify(userIds)]);
      snapshot.end();
      const devices = new Map(userIds.map((userId) => [userId, ""]));
      const texts: Record<string, string> = { master: "", self_signing: "", user_signing: "" };
      for (const [step, result] of results.entries()) {
        if (!Array.isArray(result)) continue;
        for (const { user_id, name, rendered } of result as KeyRow[]) {
          if (rendered === undefined) continue;
          if (isOfDevices[step]) devices.set(user_id, `${devices.get(user_id)},"${name}":${rendered}`);
          else if (name !== "user_signing") texts[name] += `,"${user_id}":${rendered}`;
        }
      }
      let text = "";
      for (const [userId, ofUser] of devices) text += `,"${userId}":{${ofUser.slice(1)}}`;
      return `{"device_keys":{${text.slice(1)}},"master_keys":{${texts["master"]?.slice(1)}},"self_signing_keys":{${texts["self_signing"]?.slice(1)}},"user_signing_keys":{},"failures":{}}`;
    }

    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = answer(Buffer.concat(chunks).toString());
        response.writeHead(200, { ...headers, "content-length": Buffer.byteLength(text) });
        response.end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
});
