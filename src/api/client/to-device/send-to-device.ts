import { type SendToDeviceDeps, sendToDevice } from "../../../domain/to-device/send-to-device.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject, mapOf, objectWith } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const sendToDeviceEndpoint: Endpoint<SendToDeviceDeps> = {
  operationId: "sendToDevice",
  method: "PUT",
  paths: clientPaths("/sendToDevice/:eventType/:txnId", "r0", "unstable"),
  caller: "user",
  rateLimit: "messages",
  body: objectWith({ messages: mapOf(anyObject) }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid",

  async handle(deps, { requester, params, body }) {
    const { messages } = body as { messages: JsonObject };
    const { eventType = "", txnId = "" } = params;
    await sendToDevice(deps, requester, { eventType, transactionId: txnId, messages });
    return {};
  },
};
