import { type Static, Type } from "typebox";
import { type SendToDeviceDeps, sendToDevice } from "../../../domain/to-device/send-to-device.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import { mapOf } from "../../reading/map-of.ts";
import { clientPaths } from "../client-paths.ts";

const Body = Type.Object({ messages: mapOf(Type.Object({})) });

export const sendToDeviceEndpoint: Endpoint<SendToDeviceDeps> = {
  operationId: "sendToDevice",
  method: "PUT",
  paths: clientPaths("/sendToDevice/:eventType/:txnId", "r0", "unstable"),
  caller: "user",
  rateLimit: "messages",
  body: Body,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid",

  async handle(deps, { requester, params, body }) {
    const { messages } = body as Static<typeof Body> & { messages: JsonObject };
    const { eventType = "", txnId = "" } = params;
    await sendToDevice(deps, requester, { eventType, transactionId: txnId, messages });
    return {};
  },
};
