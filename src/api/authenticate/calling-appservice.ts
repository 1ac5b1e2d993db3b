import type { FastifyRequest } from "fastify";
import type { AppserviceSigns } from "../../domain/appservices/appservice-signs.ts";
import type { Appservice, Appservices } from "../../domain/appservices/appservices.ts";
import { accessTokenOf } from "./access-token.ts";

export interface CallingAppserviceDeps {
  readonly appservices: Appservices;
  readonly appserviceSigns: AppserviceSigns;
}

/** The appservice whose token a request carries, which is thereby known to be alive. */
export function callingAppservice(deps: CallingAppserviceDeps, request: FastifyRequest): Appservice | undefined {
  const token = accessTokenOf(request);
  const appservice = token === undefined ? undefined : deps.appservices.findByToken(token);
  if (appservice) deps.appserviceSigns.noteAlive(appservice.id);
  return appservice;
}
