import type { Requester } from "../../../domain/kernel/requester.ts";
import { optionalParameter, type Query, wholeNumberParameter } from "../../reading/query-parameter.ts";

/**
 * What an appservice says of when an event was sent, in ms since the epoch; of others it is not heard.
 * https://spec.matrix.org/v1.19/application-service-api/#timestamp-massaging
 *
 * @throws MatrixError `M_INVALID_PARAM`
 */
export function massagedTimestamp({ appserviceId }: Requester, query: Query): number | undefined {
  if (appserviceId === undefined || optionalParameter(query, "ts") === undefined) return undefined;
  return wholeNumberParameter(query, "ts", 0);
}
