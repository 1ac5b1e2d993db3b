import { Agent, type IncomingMessage, request } from "node:http";

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request as it is: no client tidies up its path or headers. */
export function sendRaw(
  url: string,
  sent: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer | undefined;
  },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { method, path, body } = sent;
  const headers = { ...sent.headers, ...(body && { "content-length": String(body.length) }) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, hostname, port, method, path, headers }, (answer) => {
      readText(answer).then((text) => {
        resolve({ status: answer.statusCode ?? 0, contentType: answer.headers["content-type"] ?? "", text });
      }, reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
