import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The way from one server to another, which can be cut: then connections are refused, as those are that there were. */
export class ServerLink {
  /** The port on 127.0.0.1 to which it leads; 0 as long as nobody listens there. */
  target = 0;
  /** Connections that were made, those that were refused too. */
  connections = 0;
  #isCut = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((from) => this.#join(from));
  }

  static async open(): Promise<ServerLink> {
    const link = new ServerLink();
    link.#server.listen(0, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  /** Where it begins, as `resolve_overrides` wants it. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(from: Socket): void {
    this.connections += 1;
    from.on("error", () => undefined);
    if (this.#isCut || this.target === 0) {
      from.destroy();
      return;
    }
    const to = connect(this.target, "127.0.0.1");
    const end = () => {
      for (const socket of [from, to]) {
        this.#sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [from, to]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).on("error", end).on("close", end);
    }
    from.pipe(to).pipe(from);
  }
}
