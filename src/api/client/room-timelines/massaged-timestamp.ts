import type { Clock } from "../../../domain/kernel/clock.ts";
import type { Requester } from "../../../domain/kernel/requester.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import { optionalParameter, type Query, wholeNumberParameter } from "../../reading/query-parameter.ts";

/**
 * How far ahead an event may be, in ms. What is bridged was sent before; but the clocks of other networks go wrong, and by
 * hours where one takes local time for UTC. Further ahead is no time of this event, such as one in microseconds: who looks
 * for events by time would find it there for ever.
 */
const mostAhead = 24 * 60 * 60 * 1000;

/**
 * What an appservice says of when an event was sent, in ms since the epoch; of others it is not heard.
 * https://spec.matrix.org/v1.19/application-service-api/#timestamp-massaging
 *
 * @throws MatrixError `M_INVALID_PARAM`, also for a time more than a day ahead
 */
export function massagedTimestamp(clock: Clock, { appserviceId }: Requester, query: Query): number | undefined {
  if (appserviceId === undefined || optionalParameter(query, "ts") === undefined) return undefined;
  const timestamp = wholeNumberParameter(query, "ts", 0);
  if (timestamp <= clock.now() + mostAhead) return timestamp;
  throw new MatrixError("M_INVALID_PARAM", "ts is more than a day ahead: it is in ms since 1970");
}
