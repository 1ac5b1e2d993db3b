import type { TestContext } from "node:test";
import { InProcessNotifier } from "../../../src/adapters/system/in-process-notifier.ts";
import { threadPoolSignatureVerifier } from "../../../src/adapters/system/thread-pool-signature-verifier.ts";
import { type ClientDeps, clientEndpoints } from "../../../src/api/client/endpoints.ts";
import type { Endpoint } from "../../../src/api/endpoint.ts";
import { type FederationDeps, federationEndpoints } from "../../../src/api/federation/endpoints.ts";
import { createHttpServer } from "../../../src/api/http-server.ts";
import { RequestLimiter } from "../../../src/api/limits/request-limiter.ts";
import type { Rate } from "../../../src/api/limits/route-group.ts";
import type { KeyServers } from "../../../src/domain/federation-out/key-servers.ts";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { openHouse } from "../../domain/open-house.ts";
import { Client } from "../../support/client.ts";
import { noFederation } from "../../support/no-federation.ts";
import { signingPair } from "../../support/signed-keys.ts";
import { registerUser } from "../../support/test-server.ts";
import { CallingServer } from "./calling-server.ts";

type ServingDeps = ClientDeps & FederationDeps;

/** What happens, as observers are told it: `refused bad_signature`, `m.direct_to_device taken`. */
export type Events = string[];

/**
 * A server, `example.org`, with the endpoints for clients and for other servers on a port of its own. Other servers' keys
 * are known by a double; all else is real.
 *
 * @param so replaces dependencies
 * @param rate of requests of other servers
 */
export async function serveFederation(t: TestContext, so: Partial<ServingDeps> = {}, rate?: Rate) {
  const house = await openHouse(t);
  const events: Events = [];
  const callers = new Map<ServerName, CallingServer>();
  const unreachable: RemoteAnswer = { failure: { kind: "unreachable", error: "There is no such server" } };
  const keyServers: KeyServers = {
    fetchKeys: async (server) => {
      const caller = callers.get(server);
      events.push(`keys of ${server}`);
      return caller ? { body: caller.serverKeys(house.clock.now() + 3600_000) } : unreachable;
    },
    askNotary: async () => unreachable,
  };
  const own = signingPair();
  const deps: ServingDeps = {
    ...house,
    ...noFederation,
    ...{ keyServers, notaries: [], version: "1.2.3", notifier: new InProcessNotifier() },
    appserviceGateway: { ping: async () => undefined } as never,
    signatureVerifier: threadPoolSignatureVerifier,
    signingKey: { keyId: "ed25519:own", publicKey: own.publicKey, sign: () => "" },
    serverSigns: { noteAlive: (server) => void events.push(`${server} is alive`) },
    observer: quietObserver,
    typingEnds: { expect: () => undefined },
    federationObserver: {
      ...noFederation.federationObserver,
      serverRefused: (reason) => void events.push(`refused ${reason}`),
      eduReceived: (type, outcome) => void events.push(`${type} ${outcome}`),
    },
    compatibility: { ...house.compatibility, msc2732DraftNames: false },
    claimBudgets: { budget: 0, serverBudget: 0, deviceBudget: 0, refillTime: 60_000 },
    keyRules: {
      ...{ verifySignatures: "report", identityKeys: "replaceable", maxOneTimeKeys: 500 },
      duplicateErrcode: "M_DUPLICATE_ONE_TIME_KEY",
    },
    defaultRoomVersion: "11",
    ...so,
  };
  const endpoints: readonly Endpoint<ServingDeps>[] = [...clientEndpoints, ...federationEndpoints];
  const rates = { login: free, register: free, keys: free, claims: free, messages: free, sync: free, other: free };
  const server = createHttpServer(endpoints, deps, {
    ...{ tls: undefined, maxBodyBytes: 1_048_576, plainRoutes: [], servers: deps },
    limiter: rate && new RequestLimiter(house.clock, { ...rates, federation: rate }),
    log: {
      finished: () => undefined,
      failed: (operationId, _request, cause) => void events.push(`failed ${operationId}: ${cause}`),
    },
  });
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  return {
    ...{ house, deps, events, url },
    /** A server whose keys can be found. */
    caller(name: string): CallingServer {
      const caller = callers.get(name as ServerName) ?? new CallingServer(name, url, house.serverName);
      callers.set(caller.name, caller);
      return caller;
    },
    /** A server whose keys nobody knows. */
    stranger: (name: string) => new CallingServer(name, url, house.serverName),
    newClient: async (localpart: string) => new Client(url, await registerUser(url, localpart)),
  };
}

export type Serving = Awaited<ReturnType<typeof serveFederation>>;

const free: Rate = { perSecond: 100_000, burst: 100_000 };

const nothing = () => undefined;
const quietObserver: ServingDeps["observer"] = {
  ...{ claimAnswered: nothing, keysUploaded: nothing, duplicateOneTimeKeysRefused: nothing },
  ...{ badKeySignatures: nothing, identityReplaced: nothing, toDeviceMessagesSent: nothing, loginFinished: nothing },
};
