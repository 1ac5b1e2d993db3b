// A floor: node:http alone, which reads each body to its end and sends the same bytes every time.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerCalls } from "../child/answer-calls.ts";

export interface BareAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

answerCalls({
  async start({ headers, body }: BareAnswer): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        Buffer.concat(chunks);
        response.writeHead(200, headers);
        response.end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
});
