import { type RemovingDeps, type RemovingStores, removeDevice } from "../devices/remove-device.ts";
import { type Requester, requireDevice } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";

export interface LogoutDeps extends RemovingDeps {
  readonly unitOfWork: UnitOfWork<RemovingStores>;
}

/**
 * Ends the requester's session; its device goes with it.
 * @throws MatrixError `M_MISSING_PARAM` for a requester without a device
 */
export async function logout(deps: LogoutDeps, requester: Requester): Promise<void> {
  const owner = requireDevice(requester);
  await deps.unitOfWork.run({ exclusive: [owner.userId] }, (stores, commit) =>
    removeDevice(deps, stores, commit, owner),
  );
}

/** Ends all sessions of the requester's user; all its devices go with them. */
export async function logoutAll(deps: LogoutDeps, { userId }: Requester): Promise<void> {
  await deps.unitOfWork.run({ exclusive: [userId] }, async (stores, commit) => {
    for (const { deviceId } of await stores.devices.listDevices(userId)) {
      await removeDevice(deps, stores, commit, { userId, deviceId });
    }
  });
}
