import assert from "node:assert/strict";
import type { Database } from "../../src/adapters/sql/open-database.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { claimKeys } from "../../src/domain/key-directory/claim-keys.ts";
import { type UploadRequest, uploadKeys } from "../../src/domain/key-directory/upload-keys.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import { MatrixError } from "../../src/protocol/matrix-error.ts";
import { noAppservices } from "../support/no-appservices.ts";
import { answerOf, answerWithClashes, answerWithCounts } from "./device-model.ts";

/** Small, so that it is met (rule K6). */
export const poolLimit = 14;

export interface UseCaseOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Turns of the event loop that it takes to verify signatures. */
  readonly slowness: number;
}

/** The answer to an upload, as the model writes it. */
export async function askUpload(options: UseCaseOptions, owner: DeviceOwner, body: UploadRequest): Promise<string> {
  try {
    return answerWithCounts(await uploadKeys(depsOf(options), requesterOf(owner), body));
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    if (error.errcode === "M_TOO_LARGE") return error.errcode;
    assert.equal(error.errcode, "M_DUPLICATE_ONE_TIME_KEY");
    return answerWithClashes(error.fields?.["io.claviger.conflicts"] as string[]);
  }
}

/** What each device gives in one claim of all, as the model writes it. */
export async function askClaim(
  options: UseCaseOptions,
  owners: readonly DeviceOwner[],
  algorithm: string,
): Promise<string[]> {
  const request: Record<string, Record<string, string>> = {};
  for (const { userId, deviceId } of owners) request[userId] = { ...request[userId], [deviceId]: algorithm };
  const { keys } = await claimKeys(depsOf(options), requesterOf(owners[0] as DeviceOwner), request);
  return owners.map(({ userId, deviceId }) => answerOf(keys.get(userId)?.get(deviceId)));
}

function requesterOf(owner: DeviceOwner) {
  return { ...owner, accessTokenDigest: Buffer.alloc(32) };
}

function depsOf({ database: { unitOfWork, snapshots }, clock, slowness }: UseCaseOptions) {
  const nothing = () => undefined;
  const observer = {
    ...{ claimAnswered: nothing, keysUploaded: nothing, duplicateOneTimeKeysRefused: nothing },
    ...{ badKeySignatures: nothing, identityReplaced: nothing, toDeviceMessagesSent: nothing, loginFinished: nothing },
  };
  const verify = async (checks: readonly unknown[]) => {
    await turns(slowness);
    return checks.map(() => true);
  };
  const keyRules = {
    ...({ verifySignatures: "report", identityKeys: "replaceable", maxOneTimeKeys: poolLimit } as const),
    duplicateErrcode: "M_DUPLICATE_ONE_TIME_KEY" as const,
  };
  return {
    ...noAppservices("example.org"),
    ...{ unitOfWork, snapshots, observer, clock, random: systemRandom, keyRules, signatureVerifier: { verify } },
    serverName: "example.org" as ServerName,
    claimBudgets: { budget: 0, serverBudget: 0, deviceBudget: 0, refillTime: 1 },
  };
}

/** Lets others run for some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
