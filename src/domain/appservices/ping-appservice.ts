import type { Errcode } from "../../protocol/errcodes.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { AppserviceFailure, AppserviceGateway } from "./appservice-gateway.ts";
import type { Appservices } from "./appservices.ts";

export interface PingAppserviceDeps {
  readonly appservices: Appservices;
  readonly appserviceGateway: Pick<AppserviceGateway, "ping">;
}

export interface Ping {
  readonly appserviceId: string;
  /** Passed on, so that the appservice knows its own ping. */
  readonly transactionId: string | undefined;
}

/**
 * Lets an appservice find out whether this server reaches it.
 * https://spec.matrix.org/v1.19/application-service-api/#pinging
 *
 * @returns how long it took, in whole ms
 * @throws MatrixError 403 `M_FORBIDDEN` for anybody but that appservice; 400 `M_URL_NOT_SET`; 502 `M_CONNECTION_FAILED`,
 * `M_BAD_STATUS` with its `status` and `body`; 504 `M_CONNECTION_TIMEOUT`; `M_INVALID_PARAM`
 */
export async function pingAppservice(deps: PingAppserviceDeps, requester: Requester, ping: Ping): Promise<number> {
  const appservice = deps.appservices.find(ping.appserviceId);
  if (!appservice || requester.appserviceId !== appservice.id) {
    throw new MatrixError("M_FORBIDDEN", "The access token is not that of the appservice to ping");
  }
  const { transactionId } = ping;
  if (transactionId !== undefined) requireOpaqueText(transactionId, "transaction_id");
  const result = await deps.appserviceGateway.ping(appservice, transactionId);
  if (typeof result === "number") return Math.round(result);
  throw new MatrixError(errcodes[result.kind], result.error, { fields: answerOf(result) });
}

const errcodes: Readonly<Record<AppserviceFailure["kind"], Errcode>> = {
  unset: "M_URL_NOT_SET",
  unreachable: "M_CONNECTION_FAILED",
  // What answers in this way is something else than the appservice.
  unreadable: "M_CONNECTION_FAILED",
  timeout: "M_CONNECTION_TIMEOUT",
  status: "M_BAD_STATUS",
};

function answerOf({ status, body }: AppserviceFailure): JsonObject {
  return { ...(status !== undefined && { status }), ...(body !== undefined && { body }) };
}
