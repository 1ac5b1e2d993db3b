import assert from "node:assert/strict";
import type { DeviceClient } from "./device-client.ts";
import type { Call, Gateway } from "./gateway.ts";
import type { Recorder } from "./recorder.ts";

/** From now on these users are in one room. While nobody is killed: each request has an answer. */
export async function meet(gateway: Gateway, recorder: Recorder, clients: readonly DeviceClient[]): Promise<void> {
  const ofUsers = [...new Map(clients.map((client) => [client.userId, client])).values()];
  const [owner, ...others] = ofUsers as [DeviceClient, ...DeviceClient[]];
  const began = recorder.moment();
  const create = { path: "/createRoom", token: owner.token, body: { preset: "public_chat" } };
  const { room_id: roomId } = await post(gateway, create);
  for (const { token } of others) {
    await post(gateway, { path: `/join/${encodeURIComponent(roomId)}`, token, body: {} });
  }
  const users = ofUsers.map(({ userId }) => userId);
  recorder.add({ kind: "meeting", users, began, ended: recorder.moment() });
}

async function post(gateway: Gateway, call: Omit<Call, "method">) {
  const { answer } = await gateway.ask({ method: "POST", ...call });
  assert.equal(answer?.status, 200, JSON.stringify(answer?.body));
  return answer.body;
}
