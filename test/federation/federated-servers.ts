import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type NameResolver, type Server } from "../../src/app.ts";
import { freePort } from "../cli/run-claviger.ts";
import { authorityFile, serverCertificate } from "../support/tls/certificates.ts";
import { MovableClock } from "./movable-clock.ts";
import { ServerLink } from "./server-link.ts";

/** `one` becomes `one.claviger.test`, for which the tests have a certificate. */
export function serverNameOf(short: string): string {
  return `${short}.claviger.test`;
}

export interface FederatedServer {
  readonly name: string;
  /** For clients, and for who reads `/metrics`: plain HTTP. */
  readonly url: string;
  /** Of its TLS listener on 127.0.0.1, which other servers reach by a link, or directly. */
  readonly port: number;
  /** Of SQLite; nothing is there for a federation that is kept in memory. */
  readonly databaseFile: string;
}

export interface FederationOptions {
  /** Short names: `one`. */
  readonly names: readonly string[];
  /** Server names that tests play themselves, with their `host:port`. */
  readonly played?: Readonly<Record<string, string>>;
  /** Whole sections of the config of a server, by its short name. */
  readonly overrides?: (short: string) => Record<string, unknown>;
  /** Keeps the databases in files; otherwise they are in memory. */
  readonly files?: boolean;
  /** Whether names that are not known beforehand may be those of private addresses; they may, unless given. */
  readonly allowPrivate?: boolean;
  /** What the DNS says: nothing, unless given. */
  readonly resolve?: NameResolver;
}

const emptyDns: NameResolver = {
  addresses: (host) => Promise.reject(new Error(`there is no ${host}`)),
  services: async () => [],
};

/** Several servers in this process. Each pair of them is joined by links of its own, which can be cut. */
export class Federation {
  /** Of all servers. */
  readonly clock = new MovableClock();
  readonly #options: FederationOptions;
  readonly #folder: string;
  readonly #running = new Map<string, FederatedServer & { readonly server: Server }>();
  /** From one short name to another. */
  readonly #links = new Map<string, ServerLink>();

  private constructor(options: FederationOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  static async start(options: FederationOptions): Promise<Federation> {
    const federation = new Federation(options, await mkdtemp(join(tmpdir(), "claviger-federation-")));
    for (const from of options.names) {
      for (const to of options.names) if (from !== to) federation.#links.set(`${from} ${to}`, await ServerLink.open());
    }
    for (const short of options.names) await federation.#start(short);
    return federation;
  }

  /** By its short name. */
  server(short: string): FederatedServer {
    const found = this.#running.get(short);
    if (found === undefined) throw new Error(`no server ${short}`);
    return found;
  }

  link(from: string, to: string): ServerLink {
    return this.#links.get(`${from} ${to}`)!;
  }

  /** Neither hears the others nor is heard by them. */
  cutOff(short: string): void {
    for (const link of this.#linksOf(short)) link.cut();
  }

  mend(short: string): void {
    for (const link of this.#linksOf(short)) link.mend();
  }

  async close(): Promise<void> {
    for (const link of this.#links.values()) link.close();
    await Promise.all(Array.from(this.#running.values(), ({ server }) => server.close()));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #linksOf(short: string): ServerLink[] {
    return [...this.#links].filter(([pair]) => pair.split(" ").includes(short)).map(([, link]) => link);
  }

  async #start(short: string): Promise<void> {
    const { overrides, files = false, resolve = emptyDns } = this.#options;
    const dataDir = join(this.#folder, short);
    const databaseFile = join(dataDir, "claviger.db");
    // Somebody else may take a port that was free a moment ago.
    for (let attempts = 1; ; attempts++) {
      const port = await freePort();
      const config = {
        server_name: serverNameOf(short),
        data_dir: dataDir,
        database: { engine: "sqlite", path: files ? databaseFile : ":memory:" },
        listeners: [
          { port: 0, bind: "127.0.0.1", resources: ["client", "health", "metrics"] },
          { port, bind: "127.0.0.1", resources: ["federation"], tls: serverCertificate },
        ],
        registration: { mode: "open" },
        limits: { enabled: false },
        log: { level: "fatal" },
        federation: this.#federationOf(short),
        ...overrides?.(short),
      };
      const server = await createServer({ config, clock: this.clock, resolve, development: true });
      try {
        await server.listen();
      } catch (error) {
        await server.close();
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempts === 5) throw error;
        continue;
      }
      const { url } = server;
      this.#running.set(short, { name: serverNameOf(short), url, port, databaseFile, server });
      for (const from of this.#options.names) if (from !== short) this.link(from, short).target = port;
      return;
    }
  }

  #federationOf(short: string): object {
    const others = this.#options.names.filter((other) => other !== short);
    return {
      trusted_ca: [authorityFile],
      allow_private_addresses: this.#options.allowPrivate ?? true,
      resolve_overrides: {
        ...Object.fromEntries(others.map((other) => [serverNameOf(other), this.link(short, other).address])),
        ...this.#options.played,
      },
    };
  }
}
