import { connect, type Socket } from "node:net";

const headerEnd = "\r\n\r\n";

/** One HTTP connection, one request at a time, by hand: thousands of them must cost their process little. */
export class PollSocket {
  readonly #socket: Socket;
  readonly #host: string;
  #received = "";
  #listeners: ((body: string) => void)[] = [];

  static connect({ host, port }: { host: string; port: number }, localAddress: string): Promise<PollSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, localAddress });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new PollSocket(socket, `${host}:${port}`)));
    });
  }

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text) => this.#receive(String(text)));
  }

  /** Resolves to the answer's body. Any status but 200 ends the process: nothing here would be true. */
  request(method: "GET" | "PUT", path: string, accessToken: string, body: string): Promise<string> {
    const length = Buffer.byteLength(body);
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\nauthorization: Bearer ${accessToken}\r\n` +
        `content-type: application/json\r\ncontent-length: ${length}${headerEnd}${body}`,
    );
    return this.nextAnswer();
  }

  /** The body of the next answer, whoever has asked for it. */
  nextAnswer(): Promise<string> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    const start = this.#received.indexOf(headerEnd);
    if (start === -1) return;
    const head = this.#received.slice(0, start).toLowerCase();
    const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
    const body = this.#received.slice(start + headerEnd.length);
    if (body.length < length) return;
    if (!head.startsWith("http/1.1 200")) throw new Error(`A long poll was answered: ${this.#received}`);
    this.#received = "";
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(body);
  }
}
