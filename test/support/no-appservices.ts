import type { AppserviceKeys } from "../../src/domain/appservices/appservice-keys.ts";
import { Appservices } from "../../src/domain/appservices/appservices.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import { noFederation } from "./no-federation.ts";

const appserviceKeys: AppserviceKeys = {
  claimAll: async (_appservice, claims) => claims.map(() => undefined),
  query: async () => new Map(),
};

/** What use cases ask for where there are no application services, and no other servers. */
export function noAppservices(serverName: string) {
  return {
    ...noFederation,
    appservices: new Appservices([], serverName as ServerName),
    appserviceKeys,
    appserviceUsers: { hasUser: async () => false },
    appserviceRooms: { hasRoom: async () => false },
    appserviceObserver: { keysAsked: () => {}, keysDropped: () => {}, transactionEnded: () => {} },
    defaultClaimTimeout: 10_000,
    compatibility: { msc3983: true, msc3984: true },
  };
}
