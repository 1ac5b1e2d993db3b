import { type PingAppserviceDeps, pingAppservice } from "../../../domain/appservices/ping-appservice.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

export const pingAppserviceEndpoint: Endpoint<PingAppserviceDeps> = {
  operationId: "pingAppservice",
  method: "POST",
  paths: clientPaths("/appservice/:appserviceId/ping", "v1"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({}, { transaction_id: textOrNull }),
  spec: "https://spec.matrix.org/v1.19/application-service-api/#post_matrixclientv1appserviceappserviceidping",

  async handle(deps, { requester, params: { appserviceId = "" }, body }) {
    const transactionId = textOf(body["transaction_id"]);
    return { duration_ms: await pingAppservice(deps, requester, { appserviceId, transactionId }) };
  },
};
