import type { KeyServers } from "../../domain/federation-out/key-servers.ts";
import type { RemoteServers, ServerSigns } from "../../domain/federation-out/remote-servers.ts";
import type { SigningKey } from "../../domain/federation-out/signing-key.ts";
import type { TransactionGateway } from "../../domain/federation-out/transaction-gateway.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { FederationObserver } from "../../domain/kernel/observer.ts";
import type { Random } from "../../domain/kernel/random.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { isPublicAddress } from "./connections/address-policy.ts";
import { readAuthorities } from "./connections/trusted-authorities.ts";
import { DnsResolver } from "./discovery/dns-resolver.ts";
import type { Resolver } from "./discovery/resolver.ts";
import { FederationRequests } from "./federation-requests.ts";
import { HttpKeyServers } from "./http-key-servers.ts";
import { HttpRemoteServers } from "./http-remote-servers.ts";
import { HttpTransactionGateway } from "./http-transaction-gateway.ts";
import { RequestSlots } from "./request-slots.ts";
import { ServerHealths, type SparedServer } from "./server-healths.ts";

/** What tests make smaller. */
const usualBounds = {
  /** Requests on their way: for the keys of users, by server and in all. */
  perServer: 6,
  inAll: 1000,
  /** Ms for a request for a server's keys, and for a transaction. */
  keysTimeout: 10_000,
  transactionTimeout: 60_000,
  /** Ms: that a server does not answer in less says nothing of it. */
  fairTimeout: 5000,
  /** Where `.well-known` is served. */
  wellKnownPort: 443,
};

export interface FederationOptions {
  readonly serverName: ServerName;
  readonly signingKey: SigningKey;
  /** Paths of PEM files. */
  readonly trustedCa: readonly string[];
  readonly allowPrivateAddresses: boolean;
  /** Server name -> `host:port`, which may be at a private address: the operator has written it. */
  readonly resolveOverrides: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Pick<FederationObserver, "remoteAsked">;
  /** The DNS, unless given. */
  readonly resolver?: Resolver;
  readonly bounds?: Partial<typeof usualBounds>;
}

/** The ways out to other servers. */
export interface Federation extends ServerSigns {
  readonly remoteServers: RemoteServers;
  readonly keyServers: KeyServers;
  readonly transactionGateway: TransactionGateway;
  /** The servers that are spared, a hundred at most: for operators. */
  describe(): SparedServer[];
  /** Ends all requests, also those that come later. */
  close(): Promise<void>;
}

/**
 * Makes the ways out. The HTTP client is loaded by the first request.
 * @throws Error with one line that names the file, for one in `trustedCa` that cannot be used
 */
export async function openFederation(options: FederationOptions): Promise<Federation> {
  const { clock, random, observer, allowPrivateAddresses } = options;
  const bounds = { ...usualBounds, ...options.bounds };
  const dns = new DnsResolver();
  const requests = new FederationRequests({
    ...options,
    ...{ wellKnownPort: bounds.wellKnownPort, fairTimeout: bounds.fairTimeout },
    resolver: options.resolver ?? dns,
    allows: allowPrivateAddresses ? () => true : isPublicAddress,
    authorities: await readAuthorities(options.trustedCa),
    roll: () => random.bytes(4).readUInt32BE() / 2 ** 32,
  });
  // Slots for each kind, so that a transaction or a signature never waits behind questions.
  const slots = new RequestSlots(bounds);
  const remoteServers = new HttpRemoteServers({ requests, slots, observer, healths: new ServerHealths(clock) });
  const keySlots = new RequestSlots({ perServer: 4, inAll: 250 });
  const keyServers = new HttpKeyServers({
    ...{ requests, clock, observer },
    slots: keySlots,
    timeout: bounds.keysTimeout,
  });
  const noteAlive = (server: ServerName) => {
    remoteServers.noteAlive(server);
    keyServers.noteAlive(server);
  };
  const transactionGateway = new HttpTransactionGateway({
    ...{ requests, signs: { noteAlive }, timeout: bounds.transactionTimeout },
    slots: new RequestSlots({ perServer: 2, inAll: 250 }),
  });
  return {
    ...{ remoteServers, keyServers, transactionGateway, noteAlive },
    describe: () => remoteServers.describe(),
    close: () => {
      dns.close();
      return requests.close();
    },
  };
}
