import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What lies between one process and its PostgreSQL, and breaks when that process dies. */
export class SeverableLink {
  /** The database, seen through the link. */
  readonly url: string;
  readonly #server: Server;
  readonly #pairs: Map<Socket, Socket>;

  private constructor(url: string, server: Server, pairs: Map<Socket, Socket>) {
    this.url = url;
    this.#server = server;
    this.#pairs = pairs;
  }

  static async open(target: string): Promise<SeverableLink> {
    const { hostname, port } = new URL(target);
    const pairs = new Map<Socket, Socket>();
    const server = createServer((client) => {
      const database = connect({ host: hostname, port: Number(port) });
      pairs.set(client, database);
      database.once("close", () => pairs.delete(client));
      for (const socket of [client, database]) socket.setNoDelay(true).on("error", () => undefined);
      client.pipe(database).pipe(client);
      client.once("close", () => database.end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    const url = Object.assign(new URL(target), { host: `127.0.0.1:${address.port}` }).href;
    return new SeverableLink(url, server, pairs);
  }

  /** As SIGKILL of the process: what it had sent arrives, and nothing more. Resolves when the database has let it go. */
  async sever(): Promise<void> {
    this.#server.close();
    const letGo = [...this.#pairs].map(([client, database]) => {
      const closed = once(database, "close");
      client.unpipe(database);
      database.unpipe(client);
      client.destroy();
      database.resume();
      database.end();
      return closed;
    });
    await Promise.all(letGo);
  }
}
