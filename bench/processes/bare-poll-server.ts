// A floor: node:http alone, which holds long polls and answers one of them when a PUT names its access token.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerCalls } from "../child/answer-calls.ts";
import { usageCalls } from "../child/process-usage.ts";

const waiting = new Map<string, ServerResponse>();
const headers = { "content-type": "application/json", "content-length": "0" };

function answer(response: ServerResponse | undefined, body: string): void {
  response?.writeHead(200, { ...headers, "content-length": Buffer.byteLength(body) });
  response?.end(body);
}

answerCalls({
  async start(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const token = request.headers.authorization?.slice("Bearer ".length) ?? "";
        if (request.method === "PUT") {
          const body = Buffer.concat(chunks).toString();
          answer(waiting.get((JSON.parse(body) as { wake: string }).wake), `{"next_batch":"1","body":${body}}`);
          answer(response, "{}");
        } else if (request.url?.includes("since=")) waiting.set(token, response);
        else answer(response, '{"next_batch":"0"}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  ...usageCalls,
});
