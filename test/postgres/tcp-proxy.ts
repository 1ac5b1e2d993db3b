import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { tidyLater } from "./tidy.ts";

/** What happens to the next COMMIT of units: its answer is lost, or it never arrives. */
export type CommitFault = "answer lost" | "request lost";

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
  #fault: CommitFault | undefined;
  #statement = "";
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
  breakNextCommit(fault: CommitFault, statement: string): Promise<void> {
    this.#fault = fault;
    this.#statement = statement;
    return new Promise((resolve) => {
      this.#struck = resolve;
    });
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
    if (fault && text.includes(commitMessage) && state.sinceBegin.includes(this.#statement)) {
      this.#fault = undefined;
      if (fault === "request lost") {
        this.#strike(end);
        return;
      }
      state.mute = fault === "answer lost";
    }
    server.write(chunk);
  }

  #strike(end: () => void): void {
    end();
    this.#struck?.();
  }
}
