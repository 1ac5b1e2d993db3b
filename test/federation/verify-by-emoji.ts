import assert from "node:assert/strict";
import {
  DeviceId,
  type OutgoingRequest,
  type Sas,
  UserId,
  VerificationMethod,
  type VerificationRequest,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { eventually } from "./eventually.ts";

/**
 * Two users compare emoji, all by to-device messages, and sign each other's master keys. Each knows the other's devices,
 * and has cross-signing keys. https://spec.matrix.org/v1.19/client-server-api/#short-authentication-string-sas-verification
 *
 * @param told is called with each sync's `device_lists.changed`
 */
export async function verifyByEmoji(
  first: OlmDevice,
  second: OlmDevice,
  told: (device: OlmDevice, changed: readonly string[]) => void = () => undefined,
): Promise<void> {
  const turn = async (device: OlmDevice) => {
    told(device, (await device.sync()).answer.device_lists?.changed ?? []);
    await device.sendOutgoingRequests();
  };
  const untilFound = <T>(device: OlmDevice, find: () => T | undefined): Promise<T> =>
    eventually(async () => {
      await turn(device);
      const found = find();
      assert.ok(found !== undefined, "the other side's message has not arrived");
      return found;
    });
  const { userId, deviceId } = second.client.account;
  const device = await first.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  const [asking, request] = device!.requestVerification([VerificationMethod.SasV1]);
  await first.deliver(request);
  const asked = await untilFound(second, () => requestOf(second, first, asking.flowId));
  await deliver(second, asked.acceptWithMethods([VerificationMethod.SasV1]));
  await untilFound(first, () => (asking.isReady() ? asking : undefined));
  const started = await asking.startSas();
  assert.ok(started);
  const [mine, start] = started;
  await deliver(first, start);
  const theirs = await untilFound(second, () => asked.getVerification() as Sas | undefined);
  await deliver(second, theirs.accept());
  await eventually(async () => {
    await turn(first);
    await turn(second);
    assert.ok(mine.canBePresented() && theirs.canBePresented());
  });
  const emoji = (sas: Sas) => sas.emoji()!.map(({ symbol }) => symbol);
  assert.equal(emoji(mine).length, 7);
  assert.deepEqual(emoji(mine), emoji(theirs), "both see the same seven emoji");
  await deliverAll(first, await mine.confirm());
  await deliverAll(second, await theirs.confirm());
  await eventually(async () => {
    await turn(first);
    await turn(second);
    assert.ok(mine.isDone() && theirs.isDone());
  });
}

function requestOf(device: OlmDevice, from: OlmDevice, flowId: string): VerificationRequest | undefined {
  return device.machine.getVerificationRequest(new UserId(from.client.account.userId), flowId);
}

async function deliver(device: OlmDevice, request: object | undefined): Promise<void> {
  assert.ok(request);
  await device.deliver(request as OutgoingRequest);
}

async function deliverAll(device: OlmDevice, requests: readonly object[]): Promise<void> {
  for (const request of requests) await deliver(device, request);
}
