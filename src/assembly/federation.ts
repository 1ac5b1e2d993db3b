import type { Resolver } from "../adapters/federation/discovery/resolver.ts";
import type { SparedServer } from "../adapters/federation/server-healths.ts";
import { RecentNames } from "../adapters/system/recent-names.ts";
import type { Config } from "../config/config.ts";
import type { KeyServers } from "../domain/federation-out/key-servers.ts";
import { type NoteServerAliveDeps, noteServerAlive } from "../domain/federation-out/note-server-alive.ts";
import type { RemoteFailure } from "../domain/federation-out/remote-answer.ts";
import type { RemoteServers, ServerSigns } from "../domain/federation-out/remote-servers.ts";
import type { SigningKey } from "../domain/federation-out/signing-key.ts";
import type { TransactionGateway } from "../domain/federation-out/transaction-gateway.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import type { FederationObserver } from "../domain/kernel/observer.ts";
import type { Random } from "../domain/kernel/random.ts";
import { StartupError } from "./startup-error.ts";

/** The ways out to other servers. */
export interface FederationWays extends ServerSigns {
  readonly remoteServers: RemoteServers;
  readonly keyServers: KeyServers;
  readonly transactionGateway: TransactionGateway;
  describe(): SparedServer[];
  close(): Promise<void>;
}

interface OpeningDeps {
  readonly signingKey: SigningKey;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: FederationObserver;
  readonly resolver: Resolver | undefined;
}

/** @throws StartupError for a file of `federation.trusted_ca` that cannot be used */
export async function openFederationWays(config: Config, deps: OpeningDeps): Promise<FederationWays> {
  const { enabled, trustedCa, allowPrivateAddresses, resolveOverrides } = config.federation;
  if (!enabled) return waysToNobody;
  const { resolver, ...others } = deps;
  const { openFederation } = await import("../adapters/federation/open-federation.ts");
  try {
    return await openFederation({
      ...{ serverName: config.serverName, trustedCa, allowPrivateAddresses, resolveOverrides },
      ...others,
      ...(resolver && { resolver }),
    });
  } catch (error) {
    throw new StartupError((error as Error).message, { cause: error });
  }
}

const failure: RemoteFailure = { kind: "not-federated", error: "This server does not federate" };
const noAnswer = async () => ({ failure });
const waysToNobody: FederationWays = {
  remoteServers: { claimKeys: noAnswer, queryKeys: noAnswer, getUserDevices: noAnswer },
  keyServers: { fetchKeys: noAnswer, askNotary: noAnswer },
  transactionGateway: { sendTransaction: async () => failure },
  noteAlive: () => undefined,
  describe: () => [],
  close: async () => undefined,
};

/** Ms in which one server is noted as alive once: each of its requests shows it. */
const notedFor = 5000;

/** Who hears that a server is there: `all` at once, and what waits for it, in whatever process. */
export function serverSignsFor(all: readonly ServerSigns[], deps: NoteServerAliveDeps): ServerSigns {
  const recent = new RecentNames(deps.clock);
  return {
    noteAlive: (server) => {
      for (const one of all) one.noteAlive(server);
      if (!recent.take(server, notedFor)) return;
      // Nobody waits for it, and the next request shows it as well.
      noteServerAlive(deps, server).catch(() => undefined);
    },
  };
}
