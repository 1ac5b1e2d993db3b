import assert from "node:assert/strict";
import { UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { receiveMessages } from "../olm-machine/connect-device.ts";
import { eventually } from "./eventually.ts";

/** Syncs until so many messages have come, each of them readable; then once more, for one that comes twice. */
export async function untilReceived(receiver: OlmDevice, count: number): Promise<string[]> {
  const bodies: string[] = [];
  await eventually(async () => {
    bodies.push(...(await receiveMessages(receiver)));
    await receiver.sendOutgoingRequests();
    assert.ok(bodies.length >= count, `${bodies.length} of ${count} messages have come`);
  });
  bodies.push(...(await receiveMessages(receiver)));
  return bodies;
}

/** The devices of a user that a machine knows, by id: it asks for them when its sync says that they have changed. */
export async function untilKnows(viewer: OlmDevice, userId: string, deviceIds: readonly string[]): Promise<void> {
  await eventually(async () => {
    await viewer.sync();
    await viewer.sendOutgoingRequests();
    const known = await viewer.machine.getUserDevices(new UserId(userId));
    assert.deepEqual([...known.keys()].map(String).sort(), [...deviceIds].sort());
  });
}
