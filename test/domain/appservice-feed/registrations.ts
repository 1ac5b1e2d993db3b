import { Appservices } from "../../../src/domain/appservices/appservices.ts";
import type { AppserviceRegistration } from "../../../src/protocol/appservice-registration.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";

/** One that encrypts, with the users `@<id>_…:example.org` for itself. */
export function registration(id: string, so: Partial<AppserviceRegistration> = {}): AppserviceRegistration {
  return {
    ...{ id, url: "http://127.0.0.1:1", asToken: `as-token-of-${id}`, hsToken: `hs-token-of-${id}` },
    ...{ senderLocalpart: `${id}bot`, rateLimited: false, receivesEphemeral: false, encrypts: true },
    namespaces: { users: [{ exclusive: true, regex: `@${id}_.*` }], aliases: [], rooms: [] },
    ...{ managesDevices: true, answersClaims: false, answersQueries: false, protocols: [] },
    ...so,
  };
}

export function appservicesOf(...registrations: AppserviceRegistration[]): Appservices {
  return new Appservices(registrations, "example.org" as ServerName);
}
