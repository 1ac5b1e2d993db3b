import { Agent, type IncomingMessage, request } from "node:http";

/** What was answered, and the time from the sending of the request to the end of the answer. */
export interface TimedAnswer {
  readonly text: string;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Asks a server over connections that it keeps, one for each request that is under way. */
export class KeepAliveClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string) {
    this.#url = url;
  }

  /** Rejects for any status but 200. */
  ask(method: "GET" | "POST" | "PUT", path: string, accessToken: string, body = ""): Promise<TimedAnswer> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${accessToken}`,
        ...(method === "GET" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      };
      const asked = request(this.#url + path, { method, headers, agent: this.#agent }, (response) => {
        readBody(response).then((bytes) => {
          const milliseconds = performance.now() - start;
          const text = bytes.toString();
          if (response.statusCode === 200) resolve({ text, bytes: bytes.length, milliseconds });
          else reject(new Error(`${method} ${path} answers ${response.statusCode}: ${text.slice(0, 500)}`));
        }, reject);
      });
      asked.once("error", reject);
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
