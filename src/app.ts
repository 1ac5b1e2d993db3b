import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import packageJson from "../package.json" with { type: "json" };
import { createObservability, type Observability } from "./adapters/observability/create-observability.ts";
import { createLogger, type Logger } from "./adapters/observability/logger.ts";
import { DatabaseOpenError } from "./adapters/sql/database-open-error.ts";
import { findSchemaVersion, inspectDatabase, newestSchemaVersion } from "./adapters/sql/inspect-database.ts";
import { type Database, type DatabaseUse, openDatabase } from "./adapters/sql/open-database.ts";
import { Argon2PasswordHasher } from "./adapters/system/argon2-password-hasher.ts";
import { checkDataDir, type Finding } from "./adapters/system/check-data-dir.ts";
import { InProcessNotifier } from "./adapters/system/in-process-notifier.ts";
import { InProcessSightings } from "./adapters/system/in-process-sightings.ts";
import { loadSigningKey, SigningKeyFileError } from "./adapters/system/signing-key-file.ts";
import { systemClock } from "./adapters/system/system-clock.ts";
import { systemRandom } from "./adapters/system/system-random.ts";
import { threadPoolSignatureVerifier } from "./adapters/system/thread-pool-signature-verifier.ts";
import { type ClientDeps, clientEndpoints } from "./api/client/endpoints.ts";
import { createHttpServer, type PlainRoute } from "./api/http-server.ts";
import { RequestLimiter } from "./api/limits/request-limiter.ts";
import type { Config } from "./config/config.ts";
import type { ListenerConfig } from "./config/listeners.ts";
import { parseConfig } from "./config/parse-config.ts";

import { type NewLogin, registerAccount as registerLocalAccount } from "./domain/accounts/register-account.ts";
import { forgetOldAttempts } from "./domain/authentication/forget-old-attempts.ts";
import type { Clock } from "./domain/kernel/clock.ts";
import { type Random, randomSecret } from "./domain/kernel/random.ts";
import { forgetFullBudgets } from "./domain/one-time-keys/forget-full-budgets.ts";
import { retireAfterRestore } from "./domain/one-time-keys/retire-after-restore.ts";
import { forgetOldTransactions } from "./domain/to-device/forget-old-transactions.ts";
import { MatrixError } from "./protocol/matrix-error.ts";
import { startCleaner } from "./workers/cleaner.ts";

export interface ServerOptions {
  /** What `claviger.yaml` says, as an object, or what `parseConfig` has made of it. */
  readonly config: Config | object;
  readonly clock?: Clock;
  readonly random?: Random;
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

/** What a person can put right, in one line: shown without a stack. */
export class StartupError extends Error {}

/**
 * One server, not yet listening. `claviger serve` calls the same function.
 * @throws ConfigError, StartupError
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const config = completeConfig(options.config);
  const { clock = systemClock, random = systemRandom, restored = false, development = false } = options;
  const logger = await createLogger({ ...config.log, clock });
  const notifier = new InProcessNotifier();
  const observability = createObservability({
    logger,
    clock,
    version: packageJson.version,
    refillMinutes: config.claims.refillMinutes,
    waitingSyncs: () => notifier.waiting,
  });
  // A server that keeps nothing leaves no file behind.
  if (!keepsNothing(config)) await startable(() => loadSigningKey(config.dataDir, random));
  const database: Database = await open(config, {
    clock,
    random,
    wake: (userIds) => notifier.wake(userIds),
    wakeAll: () => notifier.wakeAll(),
    timer: observability.queryTimer,
    role: "server",
    restored,
    watchdog: development,
    onRestore: (reason) => retire(database, reason, logger),
  });
  try {
    logger.info("database opened", database.describe());
    if (database.restoreSuspected !== undefined) await retire(database, database.restoreSuspected, logger);
    const deps = { ...assemble(config, database, clock, random), notifier, observer: observability.observer };
    return startServer(config, deps, database, observability, logger);
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface AppDeps extends ClientDeps {
  readonly notifier: InProcessNotifier;
}

function startServer(
  config: Config,
  deps: AppDeps,
  database: Database,
  observability: Observability,
  logger: Logger,
): Server {
  const servers = config.listeners.map((listener) => httpServer(listener, config, deps, observability, database));
  const stopCleaner = startCleaner({
    // A server that is alone finds its own lease again after a crash.
    holder: database.isShared ? randomSecret(deps.random) : "the only server",
    alone: !database.isShared,
    unitOfWork: database.unitOfWork,
    clock: deps.clock,
    log: logger,
    tasks: [
      { name: "to-device transactions", run: (unitOfWork) => forgetOldTransactions({ ...deps, unitOfWork }) },
      { name: "claim budgets", run: (unitOfWork) => forgetFullBudgets({ ...deps, unitOfWork }) },
      { name: "log-in attempts", run: (unitOfWork) => forgetOldAttempts({ ...deps, unitOfWork }) },
    ],
  });
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
      // Waiting syncs are answered while the listeners wait for the last requests.
      const closing = servers.map((server) => server.close());
      deps.notifier.close();
      await Promise.all(closing);
      await stopCleaner();
      await database.close();
      logger.info("stopped");
    },
  };
}

function completeConfig(config: Config | object): Config {
  return "serverName" in config ? (config as Config) : parseConfig(config, {});
}

function open({ database, dataDir, serverName }: Config, use: Omit<DatabaseUse, "dataDir" | "serverName">) {
  return startable(() => openDatabase(database, { ...use, dataDir, serverName }));
}

function keepsNothing({ database }: Config): boolean {
  return database.engine === "sqlite" && database.path === ":memory:";
}

/** Turns what an operator can put right into a `StartupError`. */
async function startable<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof DatabaseOpenError || error instanceof SigningKeyFileError) {
      throw new StartupError(error.message, { cause: error });
    }
    throw error;
  }
}

/** Rule E5, before anything is served. */
async function retire(database: Database, reason: string, logger: Logger): Promise<void> {
  logger.warn("the database was restored from a backup: one-time keys are dropped, clients will upload new ones", {
    reason,
    ...(await retireAfterRestore(database)),
  });
  await database.acceptRestore();
}

/** What use cases ask for, but for those that watch and wake. */
function assemble(config: Config, { unitOfWork, snapshots }: Database, clock: Clock, random: Random) {
  const { keys, claims, compatibility } = config;
  const { budget, serverBudget, deviceBudget } = claims;
  const duplicateErrcode =
    compatibility.msc4420Errcode === "stable"
      ? ("M_DUPLICATE_ONE_TIME_KEY" as const)
      : ("io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY" as const);
  return {
    unitOfWork,
    snapshots,
    clock,
    random,
    serverName: config.serverName,
    publicBaseUrl: config.publicBaseUrl,
    registration: config.registration,
    refreshTokens: config.accounts.refreshTokens,
    limitLogins: config.limits.enabled,
    compatibility,
    keyRules: { ...keys, duplicateErrcode },
    claimBudgets: { budget, serverBudget, deviceBudget, refillTime: claims.refillMinutes * 60_000 },
    signatureVerifier: threadPoolSignatureVerifier,
    passwordHasher: new Argon2PasswordHasher(random),
    sightings: new InProcessSightings(clock),
  };
}

function httpServer(
  listener: ListenerConfig,
  config: Config,
  deps: ClientDeps,
  { metrics, requestLog }: Observability,
  database: Database,
): FastifyInstance {
  const { limits } = config;
  const serves = (resource: ListenerConfig["resources"][number]) => listener.resources.includes(resource);
  const health: PlainRoute = {
    path: "/health",
    answer: async () => {
      await database.ping();
      return { status: 200, contentType: "text/plain; charset=utf-8", body: "OK" };
    },
  };
  const scrape: PlainRoute = {
    path: "/metrics",
    answer: async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.metricsText() }),
  };
  return createHttpServer(serves("client") ? clientEndpoints : [], deps, {
    tls: listener.tls && {
      cert: readFileSync(listener.tls.certificate),
      key: readFileSync(listener.tls.privateKey),
    },
    maxBodyBytes: limits.maxBodyBytes,
    limiter: limits.enabled ? new RequestLimiter(deps.clock, limits.rates) : undefined,
    log: requestLog,
    plainRoutes: [...(serves("health") ? [health] : []), ...(serves("metrics") ? [scrape] : [])],
  });
}

function urlOf(server: FastifyInstance | undefined, listener: ListenerConfig | undefined): string {
  const address = server?.server.address();
  if (!listener || !address || typeof address === "string") throw new Error("The server does not listen yet");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${listener.tls ? "https" : "http"}://${host}:${address.port}`;
}

/**
 * Makes an account for the operator, beside a running server or without one.
 * @throws StartupError when the name is taken or not allowed, or the database cannot be opened
 */
export async function registerAccount(config: Config, account: NewLogin): Promise<{ userId: string }> {
  const database = await openForCommand(config);
  try {
    const deps = { ...assemble(config, database, systemClock, systemRandom), unitOfWork: database.unitOfWork };
    return await registerLocalAccount(deps, account);
  } catch (error) {
    throw error instanceof MatrixError ? new StartupError(error.message, { cause: error }) : error;
  } finally {
    await database.close();
  }
}

/** Brings the database's schema up to date. @throws StartupError */
export async function migrateDatabase(config: Config): Promise<{ from: number; to: number }> {
  const from = await startable(() => findSchemaVersion(config.database));
  await (await openForCommand(config)).close();
  return { from, to: newestSchemaVersion };
}

/** What `claviger doctor` tells, one finding a line (rule E4). */
export async function checkInstallation(config: Config): Promise<Finding[]> {
  const findings = await checkDataDir(config.dataDir, systemClock);
  const check = async (name: string, look: () => Promise<Finding[]>) => {
    try {
      findings.push(...(await look()));
    } catch (error) {
      findings.push({ name, ok: false, detail: (error as Error).message });
    }
  };
  await check("signing key", async () => {
    const { keyId } = await loadSigningKey(config.dataDir, systemRandom);
    return [{ name: "signing key", ok: true, detail: keyId }];
  });
  await check("database", () => inspectDatabase(config.database));
  if (config.database.engine === "sqlite") await check("durability", () => checkDurability(config));
  return findings;
}

async function checkDurability(config: Config): Promise<Finding[]> {
  const database = await openForCommand(config);
  const { journalMode, synchronous } = database.describe();
  await database.close();
  const ok = journalMode === "wal" && (synchronous === "full" || synchronous === "extra");
  return [{ name: "durability", ok, detail: `journal_mode=${journalMode} synchronous=${synchronous}` }];
}

function openForCommand(config: Config): Promise<Database> {
  return open(config, {
    clock: systemClock,
    random: systemRandom,
    wake: () => {},
    wakeAll: () => {},
    timer: () => {},
    role: "command",
    watchdog: false,
    onRestore: async () => {},
  });
}

/** 256 bits of randomness as text. */
export function randomToken(): string {
  return randomSecret(systemRandom);
}
