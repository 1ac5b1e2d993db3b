import assert from "node:assert/strict";
import {
  CryptoEvent,
  type ShowSasCallbacks,
  VerificationPhase,
  type VerificationRequest,
  VerificationRequestEvent,
  type Verifier,
  VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import type { SdkDevice } from "./sdk-device.ts";
import { until } from "./until.ts";

/** The SDK refers to a request weakly: one that nobody else holds may be collected, and with it whoever waits for it. */
const underWay = new Set<VerificationRequest>();

/**
 * Both people accept, see the same seven emoji, and say so.
 * @param ask sends the request, from a device to `answering`
 */
export async function verifyByEmoji(ask: () => Promise<VerificationRequest>, answering: SdkDevice): Promise<void> {
  const arriving = new Promise<VerificationRequest>((resolve) => {
    answering.client.once(CryptoEvent.VerificationRequestReceived, resolve);
  });
  const asked = await ask();
  underWay.add(asked);
  const received = await arriving;
  underWay.add(received);
  await received.accept();
  await reach(asked, VerificationPhase.Ready);
  const asker = await asked.startVerification("m.sas.v1");
  await reach(received, VerificationPhase.Started);
  const answerer = received.verifier;
  assert.ok(answerer);

  const verified = Promise.all([asker.verify(), answerer.verify()]);
  const [ours, theirs] = await Promise.all([shownBy(asker), shownBy(answerer)]);
  assert.equal(ours.sas.emoji?.length, 7);
  assert.deepEqual(ours.sas.emoji, theirs.sas.emoji);
  await Promise.all([ours.confirm(), theirs.confirm()]);
  await verified;
  await Promise.all([reach(asked, VerificationPhase.Done), reach(received, VerificationPhase.Done)]);
  underWay.clear();
}

async function reach(request: VerificationRequest, phase: VerificationPhase): Promise<void> {
  await until(request, [VerificationRequestEvent.Change], () => {
    assert.notEqual(request.phase, VerificationPhase.Cancelled, `cancelled: ${request.cancellationCode}`);
    return request.phase === phase;
  });
}

function shownBy(verifier: Verifier): Promise<ShowSasCallbacks> {
  return until(verifier, [VerifierEvent.ShowSas], () => verifier.getShowSasCallbacks());
}
