import type { AppserviceRegistration, Namespace } from "../../src/protocol/appservice-registration.ts";

/** An appservice `bridge` that has `@bridge_…` for itself, unless said otherwise. */
export function bridgeRegistration(so: { readonly users?: readonly Namespace[] } = {}): AppserviceRegistration {
  return {
    ...{ id: "bridge", url: undefined, asToken: "as-token-of-bridge", hsToken: "hs-token-of-bridge" },
    senderLocalpart: "bridgebot",
    namespaces: { users: so.users ?? [{ exclusive: true, regex: "@bridge_.*" }], aliases: [], rooms: [] },
    ...{ rateLimited: false, receivesEphemeral: false, encrypts: false, managesDevices: false },
    ...{ answersClaims: false, answersQueries: false, protocols: [] },
  };
}
