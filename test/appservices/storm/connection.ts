import { Agent, request } from "node:http";

export interface TimedText {
  readonly status: number;
  readonly text: string;
  /** Ms from sending the request to the end of the answer. */
  readonly wait: number;
}

/** One connection to a server, which stays open; light enough for a thousand of them in one process. */
export class Connection {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  send(method: "GET" | "POST", path: string, headers: Record<string, string>, text = ""): Promise<TimedText> {
    const began = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<TimedText>();
    const length = { "content-length": String(Buffer.byteLength(text)) };
    const sent = request(`${this.#url}${path}`, { agent: this.#agent, method, headers: { ...headers, ...length } });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const wait = performance.now() - began;
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), wait });
      });
    });
    sent.end(text);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
