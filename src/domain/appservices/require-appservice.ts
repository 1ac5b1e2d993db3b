import { missingToken, unknownToken } from "../authentication/find-requester.ts";
import type { Appservice, Appservices } from "./appservices.ts";

/**
 * The appservice that makes a request which only appservices may make.
 * @throws MatrixError 401 `M_MISSING_TOKEN`, `M_UNKNOWN_TOKEN` also for the token of a user
 */
export function requireAppservice(appservices: Appservices, accessToken: string | undefined): Appservice {
  if (accessToken === undefined) throw missingToken();
  const appservice = appservices.findByToken(accessToken);
  if (!appservice) throw unknownToken();
  return appservice;
}
