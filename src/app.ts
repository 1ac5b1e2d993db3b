import packageJson from "../package.json" with { type: "json" };
import type { Resolver } from "./adapters/federation/discovery/resolver.ts";
import { createObservability, type Observability } from "./adapters/observability/create-observability.ts";
import { createLogger, type Logger } from "./adapters/observability/logger.ts";
import type { Database } from "./adapters/sql/open-database.ts";
import { InProcessNotifier } from "./adapters/system/in-process-notifier.ts";
import { loadSigningKey, makeSigningKey } from "./adapters/system/signing-key-file.ts";
import { systemClock } from "./adapters/system/system-clock.ts";
import { systemRandom } from "./adapters/system/system-random.ts";
import {
  type AppserviceWays,
  appserviceStates,
  loadAppservices,
  openAppserviceWays,
  proxyReports,
  signsFor,
} from "./assembly/appservices.ts";
import { assemble } from "./assembly/assemble.ts";
import { type FederationWays, openFederationWays, serverSignsFor } from "./assembly/federation.ts";
import { type Certificate, httpServer, readCertificates, urlOf } from "./assembly/listeners.ts";
import { openFor } from "./assembly/open-for.ts";
import { startable } from "./assembly/startup-error.ts";
import { Wakeables } from "./assembly/wakeables.ts";
import { startWorkers } from "./assembly/workers.ts";
import type { Config } from "./config/config.ts";
import { parseConfig } from "./config/parse-config.ts";
import { ensureSenderAccounts } from "./domain/accounts/ensure-sender-accounts.ts";
import { listDestinationStates } from "./domain/federation-feed/list-destination-states.ts";
import { ensureOwnKey } from "./domain/federation-out/own-keys.ts";
import type { SigningKey } from "./domain/federation-out/signing-key.ts";
import type { Clock } from "./domain/kernel/clock.ts";
import { type Random, randomSecret } from "./domain/kernel/random.ts";
import { retireAfterRestore } from "./domain/one-time-keys/retire-after-restore.ts";

export type { Resolver as NameResolver, Service } from "./adapters/federation/discovery/resolver.ts";
export {
  checkInstallation,
  migrateDatabase,
  registerAccount,
  rotateSigningKey,
} from "./assembly/operator-commands.ts";
export { StartupError } from "./assembly/startup-error.ts";

export interface ServerOptions {
  /** What `claviger.yaml` says, as an object, or what `parseConfig` has made of it. */
  readonly config: Config | object;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How other servers' names are looked up, instead of the DNS. */
  readonly resolve?: Resolver;
  /** The database was restored from a backup together with its data directory (rule E5). */
  readonly restored?: boolean;
  /** Rejects units of work that await anything but their stores: for whoever works on this server. */
  readonly development?: boolean;
}

export interface Server {
  /** Begins to serve on every listener of the config; port 0 picks a free one. */
  listen(): Promise<void>;
  /** Where the first listener serves, once it listens. */
  readonly url: string;
  /** Stops accepting, finishes requests, answers waiting syncs, and closes the database. */
  close(): Promise<void>;
}

/**
 * One server, not yet listening. `claviger serve` calls the same function.
 * @throws ConfigError, StartupError
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const config = completeConfig(options.config);
  const { clock = systemClock, random = systemRandom, restored = false, development = false } = options;
  const logger = await createLogger({ ...config.log, clock });
  const certificates = readCertificates(config.listeners);
  const appservices = await loadAppservices(config);
  const notifier = new InProcessNotifier();
  const observability = createObservability({
    logger,
    clock,
    version: packageJson.version,
    refillMinutes: config.claims.refillMinutes,
    waitingSyncs: () => notifier.waiting,
    appservices: {
      ids: appservices.all.map(({ id }) => id),
      states: () => appserviceStates({ snapshots: database.snapshots, appservices, clock }, ways),
    },
    destinations: () => listDestinationStates(database),
  });
  const ways = await openAppserviceWays(appservices, { clock, observer: observability.appserviceObserver });
  const wakeables = new Wakeables(notifier, ways);
  // A server that keeps nothing leaves no file behind.
  const signingKey = keepsNothing(config)
    ? makeSigningKey(random)
    : await startable(() => loadSigningKey(config.dataDir, random));
  const federation = await openFederationWays(config, {
    ...{ signingKey, clock, random, observer: observability.federationObserver, resolver: options.resolve },
  });
  const database: Database = await openFor(config, {
    clock,
    random,
    wake: (names) => wakeables.wake(names),
    wakeAll: () => wakeables.wakeAll(),
    timer: observability.queryTimer,
    role: "server",
    restored,
    watchdog: development,
    onRestore: async (reason) => {
      await retire(database, reason, logger);
      wakeables.wakeAll();
    },
  });
  try {
    logger.info("database opened", database.describe());
    if (database.restoreSuspected !== undefined) await retire(database, database.restoreSuspected, logger);
    const assembled = assemble(config, database, clock, random, appservices);
    await startable(() => ensureOwnKey({ ...assembled, signingKey }));
    await ensureSenderAccounts(assembled);
    return startServer({
      config,
      certificates,
      assembled,
      database,
      notifier,
      ways,
      federation,
      signingKey,
      wakeables,
      observability,
      logger,
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Parts {
  readonly config: Config;
  readonly certificates: readonly (Certificate | undefined)[];
  readonly assembled: ReturnType<typeof assemble>;
  readonly database: Database;
  readonly notifier: InProcessNotifier;
  readonly ways: AppserviceWays;
  readonly federation: FederationWays;
  readonly signingKey: SigningKey;
  readonly wakeables: Wakeables;
  readonly observability: Observability;
  readonly logger: Logger;
}

function startServer(parts: Parts): Server {
  const {
    config,
    certificates,
    assembled,
    database,
    notifier,
    ways,
    federation,
    signingKey,
    wakeables,
    observability,
    logger,
  } = parts;
  const { observer, appserviceObserver, federationObserver } = observability;
  const { remoteServers, keyServers, transactionGateway } = federation;
  const workers = startWorkers({
    ...{ ...assembled, appserviceObserver, database, gateway: ways.gateway, log: logger },
    ...{ federationObserver, remoteServers, transactionGateway, signingKey },
    proxyReports: () => proxyReports(ways, appserviceObserver, assembled.clock),
  });
  for (const wakeable of workers.wakeables) wakeables.add(wakeable);
  const deps = {
    ...assembled,
    ...{ notifier, observer, appserviceObserver },
    ...{ appserviceGateway: ways.gateway, appserviceUsers: ways.users, appserviceKeys: ways.keys },
    appserviceRooms: ways.rooms,
    appserviceSigns: signsFor(ways, workers.sender),
    typingEnds: workers.typingEnds,
    ...{ federationObserver, remoteServers, keyServers, signingKey },
    serverSigns: serverSignsFor([federation, workers], assembled),
  };
  const servers = config.listeners.map((listener, index) =>
    httpServer(listener, certificates[index], config, deps, observability, database),
  );
  return {
    async listen() {
      for (const [index, { bind, port, resources }] of config.listeners.entries()) {
        const address = await servers[index]?.listen({ host: bind, port });
        logger.info("listening", { address, resources: resources.join(", ") });
      }
    },
    get url() {
      return urlOf(servers[0], config.listeners[0]);
    },
    async close() {
      // Waiting syncs, and whoever waits for an appservice, are answered while the listeners wait for the last requests.
      const closing = servers.map((server) => server.close());
      notifier.close();
      await Promise.all([...closing, workers.stop(), ways.close(), federation.close()]);
      await database.close();
      logger.info("stopped");
    },
  };
}

function completeConfig(config: Config | object): Config {
  return "serverName" in config ? (config as Config) : parseConfig(config, {});
}

function keepsNothing({ database }: Config): boolean {
  return database.engine === "sqlite" && database.path === ":memory:";
}

/** Rule E5, before anything is served. */
async function retire(database: Database, reason: string, logger: Logger): Promise<void> {
  logger.warn("the database was restored from a backup: one-time keys are dropped, clients will upload new ones", {
    reason,
    ...(await retireAfterRestore(database)),
  });
  await database.acceptRestore();
}

/** 256 bits of randomness as text. */
export function randomToken(): string {
  return randomSecret(systemRandom);
}
