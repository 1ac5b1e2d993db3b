import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort, type Running, startClaviger, untilHealthy } from "../cli/run-claviger.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { isUnanswered } from "../races/killable-server.ts";
import { authorityFile, serverCertificate } from "../support/tls/certificates.ts";
import { ServerLink } from "./server-link.ts";

export interface ProcessOptions {
  /** `one.claviger.test`. */
  readonly name: string;
  /** A folder of its own, which is made. */
  readonly folder: string;
  /** The section `database`. */
  readonly database: object;
  /** Other servers, with their `host:port`. */
  readonly overrides: () => Readonly<Record<string, string>>;
  /** Further sections of the config. */
  readonly config?: object;
}

/**
 * `claviger serve` as a process of its own, which may be killed and started again. Clients and other servers reach it by
 * links, which stay where they are.
 */
export class ServerProcess {
  readonly #options: ProcessOptions;
  readonly #clients: ServerLink;
  readonly #servers: ServerLink;
  #running: Running | undefined;

  private constructor(options: ProcessOptions, clients: ServerLink, servers: ServerLink) {
    this.#options = options;
    this.#clients = clients;
    this.#servers = servers;
  }

  /** Not started yet. */
  static async create(options: ProcessOptions): Promise<ServerProcess> {
    return new ServerProcess(options, await ServerLink.open(), await ServerLink.open());
  }

  get name(): string {
    return this.#options.name;
  }

  /** Where clients find it. */
  get url(): string {
    return `http://${this.#clients.address}`;
  }

  /** Where other servers find it: for `resolve_overrides`. */
  get address(): string {
    return this.#servers.address;
  }

  /** Of the process. */
  get pid(): number {
    return this.#running?.process.pid ?? 0;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const { folder, name, database, overrides, config } = this.#options;
    const [port, federationPort] = [await freePort(), await freePort()];
    mkdirSync(folder, { recursive: true });
    // JSON is YAML.
    const text = JSON.stringify({
      ...{ server_name: name, data_dir: join(folder, "data"), database, registration: { mode: "open" } },
      listeners: [
        { port, bind: "127.0.0.1", resources: ["client", "health", "metrics"] },
        { port: federationPort, bind: "127.0.0.1", resources: ["federation"], tls: serverCertificate },
      ],
      ...{ limits: { enabled: false }, log: { level: "error" } },
      federation: {
        trusted_ca: [authorityFile],
        allow_private_addresses: true,
        resolve_overrides: overrides(),
      },
      ...config,
    });
    writeFileSync(join(folder, "claviger.yaml"), text);
    this.#running = startClaviger(["serve", "--config", "claviger.yaml"], { folder });
    await untilHealthy(`http://127.0.0.1:${port}`, this.#running);
    this.#clients.target = port;
    this.#servers.target = federationPort;
  }

  /** SIGKILL; resolves when it is gone. It must have had nothing to complain about. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#end("SIGKILL");
    this.#clients.close();
    this.#servers.close();
  }

  async #end(signal: "SIGKILL"): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    running.process.kill(signal);
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, null, "it ran until it was killed");
    assert.equal(stdout + stderr, "", "nothing was worth an error");
  }
}

/** As clients do: a request that was not answered is sent again, until it is. */
export const persistentFetch: typeof fetch = async (input, init) => {
  for (;;) {
    try {
      return await checkedFetch(input, init);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await pause(25);
    }
  }
};
