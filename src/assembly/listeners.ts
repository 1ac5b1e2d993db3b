import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { FastifyInstance } from "fastify";
import type { Observability } from "../adapters/observability/create-observability.ts";
import type { Database } from "../adapters/sql/open-database.ts";
import { type ClientDeps, clientEndpoints } from "../api/client/endpoints.ts";
import type { Endpoint } from "../api/endpoint.ts";
import { type FederationDeps, federationEndpoints } from "../api/federation/endpoints.ts";
import { createHttpServer, type PlainRoute } from "../api/http-server.ts";
import { RequestLimiter } from "../api/limits/request-limiter.ts";
import type { Config } from "../config/config.ts";
import type { ListenerConfig } from "../config/listeners.ts";
import { StartupError } from "./startup-error.ts";

/** A listener's certificate with its chain, and its private key. */
export type Certificate = { readonly cert: Buffer; readonly key: Buffer };

/**
 * The certificate of each listener that has one, in the order of the config: read before anything else begins.
 * @throws StartupError for files that cannot be read, or are no certificate and its key
 */
export function readCertificates(listeners: readonly ListenerConfig[]): (Certificate | undefined)[] {
  return listeners.map(({ tls }) => {
    if (!tls) return undefined;
    try {
      const certificate = { cert: readFileSync(tls.certificate), key: readFileSync(tls.privateKey) };
      createSecureContext(certificate);
      return certificate;
    } catch (error) {
      const files = `${tls.certificate} and ${tls.privateKey}`;
      throw new StartupError(`a listener cannot use ${files}: ${(error as Error).message}`, { cause: error });
    }
  });
}

/** One listener of the config, not yet listening. */
export function httpServer(
  listener: ListenerConfig,
  certificate: Certificate | undefined,
  config: Config,
  deps: ClientDeps & FederationDeps,
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
  const endpoints: readonly Endpoint<ClientDeps & FederationDeps>[] = [
    ...(serves("client") ? clientEndpoints : []),
    ...(serves("federation") && config.federation.enabled ? federationEndpoints : []),
  ];
  return createHttpServer(endpoints, deps, {
    tls: certificate,
    maxBodyBytes: limits.maxBodyBytes,
    limiter: limits.enabled ? new RequestLimiter(deps.clock, limits.rates) : undefined,
    log: requestLog,
    servers: deps,
    plainRoutes: [...(serves("health") ? [health] : []), ...(serves("metrics") ? [scrape] : [])],
  });
}

/** Where it listens. */
export function urlOf(server: FastifyInstance | undefined, listener: ListenerConfig | undefined): string {
  const address = server?.server.address();
  if (!listener || !address || typeof address === "string") throw new Error("The server does not listen yet");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${listener.tls ? "https" : "http"}://${host}:${address.port}`;
}
