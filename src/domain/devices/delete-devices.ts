import { challenge } from "../authentication/user-interactive/challenge.ts";
import { checkInteractiveAuth } from "../authentication/user-interactive/check-interactive-auth.ts";
import { consumeProof, namesOfProof } from "../authentication/user-interactive/consume-proof.ts";
import type {
  InteractiveAttempt,
  InteractiveAuthDeps,
  ProofStores,
} from "../authentication/user-interactive/interactive-attempt.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { type RemovingDeps, type RemovingStores, removeDevice } from "./remove-device.ts";

export interface DeleteDevicesDeps extends InteractiveAuthDeps, RemovingDeps {
  readonly unitOfWork: UnitOfWork<ProofStores & RemovingStores>;
}

/**
 * Deletes devices of the requester, its own too when it is named. Those that do not exist count as deleted.
 * @throws UserInteractiveAuthRequired; MatrixError as `checkInteractiveAuth`
 */
export async function deleteDevices(
  deps: DeleteDevicesDeps,
  requester: Requester,
  attempt: InteractiveAttempt,
  deviceIds: readonly string[],
): Promise<void> {
  const { userId } = requester;
  const named = new Set(deviceIds);
  const proof = await checkInteractiveAuth(deps, attempt);
  const done =
    proof &&
    (await deps.unitOfWork.run({ exclusive: [userId, ...namesOfProof(proof)] }, async (stores, commit) => {
      if (!(await consumeProof(stores, proof))) return false;
      for (const { deviceId } of await stores.devices.listDevices(userId)) {
        if (named.has(deviceId)) await removeDevice(deps, stores, commit, { userId, deviceId });
      }
      return true;
    }));
  if (!done) await challenge(deps, attempt);
}
