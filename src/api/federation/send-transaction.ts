import { type ReceiveTransactionDeps, receiveTransaction } from "../../domain/federation-in/receive-transaction.ts";
import type { JsonValue } from "../../protocol/json.ts";
import type { ServerEndpoint } from "../endpoint.ts";
import { anyList, objectWith, text } from "../reading/json-schema.ts";

export const sendTransactionEndpoint: ServerEndpoint<ReceiveTransactionDeps> = {
  operationId: "sendTransaction",
  method: "PUT",
  paths: ["/_matrix/federation/v1/send/:txnId"],
  caller: "server",
  rateLimit: "federation",
  // 50 PDUs and 100 EDUs of 64 KiB each, and something around them.
  maxBodyBytes: 12 * 1024 * 1024,
  body: objectWith({}, { origin: text, pdus: anyList, edus: anyList }),
  spec: "https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid",

  async handle(deps, { requester, params, body }) {
    const { origin, pdus = [], edus = [] } = body as { origin?: string; pdus?: JsonValue[]; edus?: JsonValue[] };
    await receiveTransaction(deps, requester.origin, { transactionId: params["txnId"] ?? "", origin, pdus, edus });
    // What becomes of a PDU is said by its event id, which nobody can tell without knowing the version of its room.
    return { pdus: {} };
  },
};
