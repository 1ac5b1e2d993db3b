import type { RemoteAnswer } from "../../src/domain/federation-out/remote-answer.ts";
import type { RemoteServers, ServerSigns } from "../../src/domain/federation-out/remote-servers.ts";
import type { FederationObserver } from "../../src/domain/kernel/observer.ts";

const notFederated = async (): Promise<RemoteAnswer> => ({
  failure: { kind: "not-federated", error: "This server does not federate" },
});

const remoteServers: RemoteServers = {
  claimKeys: notFederated,
  queryKeys: notFederated,
  getUserDevices: notFederated,
};

const federationObserver: FederationObserver = {
  remoteAsked: () => undefined,
  remoteKeysDropped: () => undefined,
  federationTransactionEnded: () => undefined,
  federationMessagesForgotten: () => undefined,
  serverRefused: () => undefined,
  eduReceived: () => undefined,
  deviceListFetched: () => undefined,
};

const serverSigns: ServerSigns = { noteAlive: () => undefined };

/** What use cases ask for where there are no other servers. */
export const noFederation = { federates: false, remoteServers, federationObserver, serverSigns };
