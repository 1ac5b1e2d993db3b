import { MatrixError } from "../../protocol/matrix-error.ts";
import { challenge } from "../authentication/user-interactive/challenge.ts";
import { checkInteractiveAuth } from "../authentication/user-interactive/check-interactive-auth.ts";
import { consumeProof, namesOfProof } from "../authentication/user-interactive/consume-proof.ts";
import type {
  InteractiveAttempt,
  InteractiveAuthDeps,
  ProofStores,
} from "../authentication/user-interactive/interactive-attempt.ts";
import { type RemovingDeps, type RemovingStores, removeDevice } from "../devices/remove-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { requirePassword } from "./password.ts";

export interface ChangePasswordDeps extends InteractiveAuthDeps, RemovingDeps {
  readonly unitOfWork: UnitOfWork<ProofStores & RemovingStores>;
}

export interface PasswordChange {
  readonly newPassword: string;
  /** Deletes all devices but the requester's. */
  readonly logoutDevices: boolean;
}

/**
 * Changes the requester's password.
 * @throws UserInteractiveAuthRequired; MatrixError 403 `M_FORBIDDEN` for an appservice, `M_WEAK_PASSWORD`, `M_TOO_LARGE`, `M_BAD_JSON`
 */
export async function changePassword(
  deps: ChangePasswordDeps,
  { userId, deviceId: ownDeviceId, appserviceId }: Requester,
  attempt: InteractiveAttempt,
  change: PasswordChange,
): Promise<void> {
  // Who is authenticated without a password must not be able to set one.
  if (appserviceId !== undefined) throw new MatrixError("M_FORBIDDEN", "An appservice's users have no password");
  const newPassword = requirePassword(change.newPassword, "new_password");
  const proof = await checkInteractiveAuth(deps, attempt);
  if (!proof) return challenge(deps, attempt);
  const phc = await deps.passwordHasher.hash(newPassword);
  const done = await deps.unitOfWork.run({ exclusive: [userId, ...namesOfProof(proof)] }, async (stores, commit) => {
    if (!(await consumeProof(stores, proof))) return false;
    await stores.credentials.putPasswordHash(userId, phc);
    const devices = change.logoutDevices ? await stores.devices.listDevices(userId) : [];
    for (const { deviceId } of devices) {
      if (deviceId !== ownDeviceId) await removeDevice(deps, stores, commit, { userId, deviceId });
    }
    return true;
  });
  if (!done) await challenge(deps, attempt);
}
