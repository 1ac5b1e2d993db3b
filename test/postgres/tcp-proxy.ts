import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { tidyLater } from "./tidy.ts";

/** What happens to a message and its connection: either breaks, or both stay and nothing is heard any more. */
export type Fault = "answer lost" | "request lost" | "silence";

/** Whether it is to happen to this message: what the client sends, and has sent since its last BEGIN. */
type Strikes = (message: string, sinceBegin: string) => boolean;

/** What went past on a connection. */
interface PassedOn {
  sinceBegin: string;
  /** Answers are swallowed. */
  mute: boolean;
}

const commitMessage = "Q\0\0\0\u000bCOMMIT\0";

/** Between a server and its PostgreSQL: breaks what the test says, when it says it. */
export class TcpProxy {
  /** Where new connections lead. */
  target: number;
  #fault: Fault | undefined;
  #strikes: Strikes = () => false;
  #struck: (() => void) | undefined;
  #stalled = false;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #listener = createServer((client) => this.#join(client));
  private constructor(target: number) {
    this.target = target;
  }

  /** Ended after the test. */
  static async start(t: TestContext, target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    tidyLater(t, () => {
      proxy.cut();
      proxy.#listener.close();
    });
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** The same database by way of this proxy. */
  through(url: string): string {
    return Object.assign(new URL(url), { port: String(this.port) }).href;
  }

  /** Breaks the connection over the next COMMIT of units that have run the statement of this name; resolves once it has. */
  breakNextCommit(fault: Fault, statement: string): Promise<void> {
    return this.breakNext(fault, (text, sinceBegin) => text.includes(commitMessage) && sinceBegin.includes(statement));
  }

  /** The fault happens to the next message that it `strikes`; resolves once it has. */
  breakNext(fault: Fault, strikes: Strikes): Promise<void> {
    this.#fault = fault;
    this.#strikes = strikes;
    return new Promise((resolve) => {
      this.#struck = resolve;
    });
  }

  /** From now on. */
  breakNothing(): void {
    this.#fault = undefined;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Passes nothing on, and breaks nothing: a network that has swallowed the other side. */
  stall(): void {
    this.#stalled = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  resume(): void {
    this.#stalled = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  #join(client: Socket): void {
    const server = connect(this.target, "127.0.0.1");
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const state: PassedOn = { sinceBegin: "", mute: false };
    const end = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on("error", end).on("close", end);
    if (this.#stalled) for (const socket of pair) socket.pause();
    client.on("data", (chunk: Buffer) => this.#fromClient(chunk, server, state, end));
    server.on("data", (chunk) => {
      // The database has answered, so the COMMIT is done.
      if (state.mute) this.#strike(end);
      else client.write(chunk);
    });
  }

  #fromClient(chunk: Buffer, server: Socket, state: PassedOn, end: () => void): void {
    const text = chunk.toString("latin1");
    if (text.includes("BEGIN")) state.sinceBegin = "";
    state.sinceBegin += text;
    const fault = this.#fault;
    if (fault && this.#strikes(text, state.sinceBegin)) {
      this.#fault = undefined;
      if (fault === "answer lost") state.mute = true;
      else {
        this.#strike(fault === "silence" ? () => server.pause() : end);
        return;
      }
    }
    server.write(chunk);
  }

  #strike(end: () => void): void {
    end();
    this.#struck?.();
  }
}
