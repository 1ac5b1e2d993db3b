import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import { type NameParts, nameParts } from "./name-parts.ts";
import { orderServices } from "./order-services.ts";
import type { Resolver, Service } from "./resolver.ts";

/** Where a connection goes to. */
export interface Target {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where a server is found, and as what it is spoken to. */
export interface Place {
  /** In the order in which they are tried. */
  readonly targets: readonly Target[];
  /** The `Host` header of requests. */
  readonly hostHeader: string;
  /** The name or IP address that its certificate must be for. */
  readonly tlsName: string;
  /** The operator has written it by hand: it may be at a private address. */
  readonly isTrusted: boolean;
}

export interface Lookups {
  readonly resolver: Resolver;
  /** The server name that `https://<host>/.well-known/matrix/server` delegates to; `undefined` when there is no valid one. */
  readonly fetchWellKnown: (host: string) => Promise<ServerName | undefined>;
  /** A number from 0 up to, not including, 1. */
  readonly roll: () => number;
}

/** There is no place to look for the server. */
export class NoSuchServerError extends Error {
  readonly code = "NO_SUCH_SERVER";
}

const defaultPort = 8448;

/** Of SRV records, how many are tried. */
const mostTargets = 4;

/**
 * Finds a server: https://spec.matrix.org/v1.19/server-server-api/#resolving-server-names
 * Addresses are looked up when a connection is made.
 *
 * @throws NoSuchServerError
 */
export async function findServer(serverName: ServerName, lookups: Lookups): Promise<Place> {
  const parts = nameParts(serverName);
  if (parts === undefined) throw new NoSuchServerError("it is no name of a server");
  // Step 1: an IP literal. Step 2: an explicit port.
  const place = placeWithoutLookup(serverName, parts);
  if (place) return place;
  // Step 3: .well-known, whose name is processed in steps of its own.
  const delegated = await lookups.fetchWellKnown(parts.host);
  const delegatedParts = delegated === undefined ? undefined : nameParts(delegated);
  if (delegated !== undefined && delegatedParts !== undefined) {
    // Step 3.1: an IP literal. Step 3.2: an explicit port. Steps 3.3 to 3.5: SRV records, else the default port.
    return placeWithoutLookup(delegated, delegatedParts) ?? (await placeByServices(delegatedParts.host, lookups));
  }
  // Steps 4 to 6: SRV records, else the default port.
  return placeByServices(parts.host, lookups);
}

/** Where the operator says that a server is, `host:port`; the certificate and the header stay those of its name. */
export function overriddenPlace(serverName: ServerName, override: string): Place {
  const { host = "", port = defaultPort } = nameParts(override) ?? {};
  const tlsName = nameParts(serverName)?.host ?? serverName;
  return { targets: [{ host, port }], hostHeader: serverName, tlsName, isTrusted: true };
}

function placeWithoutLookup(name: string, { host, port, isLiteral }: NameParts): Place | undefined {
  if (!isLiteral && port === undefined) return undefined;
  return { targets: [{ host, port: port ?? defaultPort }], hostHeader: name, tlsName: host, isTrusted: false };
}

async function placeByServices(host: string, { resolver, roll }: Lookups): Promise<Place> {
  // Steps 4 and 3.3: the registered service. Steps 5 and 3.4: the deprecated one.
  let services = await servicesOf(resolver, `_matrix-fed._tcp.${host}`);
  if (services.length === 0) services = await servicesOf(resolver, `_matrix._tcp.${host}`);
  const known = { hostHeader: host, tlsName: host, isTrusted: false };
  // Steps 6 and 3.5: no service.
  if (services.length === 0) return { ...known, targets: [{ host, port: defaultPort }] };
  const offered = services.filter(({ name, port }) => name !== "." && name !== "" && port > 0);
  if (offered.length === 0) throw new NoSuchServerError("its DNS records say that it is none");
  const targets = orderServices(offered, roll)
    .slice(0, mostTargets)
    .map(({ name, port }) => ({ host: name, port }));
  return { ...known, targets };
}

/** A name server that fails to answer is taken for one that knows of no service: the certificate shows who is right. */
async function servicesOf(resolver: Resolver, name: string): Promise<readonly Service[]> {
  return resolver.services(name).catch(() => []);
}
