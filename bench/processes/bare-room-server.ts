// A floor: node:http alone, which holds long polls and answers all of them with one text when something is put.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerCalls } from "../child/answer-calls.ts";

let waiting: ServerResponse[] = [];

function answer(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

answerCalls({
  /** @param padding makes the answers as long as the server's */
  async start(padding: string): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (request.method === "PUT") {
          const body = Buffer.concat(chunks).toString();
          const told = waiting;
          waiting = [];
          for (const one of told) answer(one, `{"next_batch":"1","message":${body},"padding":"${padding}"}`);
          answer(response, "{}");
        } else if (request.url?.includes("since=")) waiting.push(response);
        else answer(response, '{"next_batch":"0"}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  waiting: () => waiting.length,
});
