import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { AccountDataStore } from "../account-data/account-data-store.ts";
import type { RoomAccountDataStore } from "../account-data/room-account-data-store.ts";
import { challenge } from "../authentication/user-interactive/challenge.ts";
import { checkInteractiveAuth } from "../authentication/user-interactive/check-interactive-auth.ts";
import { consumeProof, namesOfProof } from "../authentication/user-interactive/consume-proof.ts";
import type {
  InteractiveAttempt,
  InteractiveAuthDeps,
  ProofStores,
} from "../authentication/user-interactive/interactive-attempt.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import { announceDeviceListChange } from "../device-lists/announce-change.ts";
import { type RemovingDeps, type RemovingStores, removeDevice } from "../devices/remove-device.ts";
import type { FilterStore } from "../filters/filter-store.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Commit, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { KeyBackupStore } from "../key-backup/key-backup-store.ts";
import type { ProfileStore } from "../profiles/profile-store.ts";
import type { DepartureStore } from "../room-memberships/departure-store.ts";
import { type LeaveAllRoomsDeps, leaveAllRooms } from "../room-memberships/leave-all-rooms.ts";
import type { AccountStore } from "./account-store.ts";

type DeactivationStores = ProofStores &
  RemovingStores & {
    readonly accounts: AccountStore;
    readonly accountData: AccountDataStore;
    readonly roomAccountData: RoomAccountDataStore;
    readonly crossSigningKeys: CrossSigningKeyStore;
    readonly filters: FilterStore;
    readonly keyBackups: KeyBackupStore;
    readonly profiles: ProfileStore;
    readonly departures: DepartureStore;
  };

export interface DeactivateAccountDeps
  extends InteractiveAuthDeps,
    RemovingDeps,
    Omit<LeaveAllRoomsDeps, "unitOfWork"> {
  readonly unitOfWork: UnitOfWork<DeactivationStores> & LeaveAllRoomsDeps["unitOfWork"];
}

/**
 * Ends the requester's account for good: nobody can log in again, it leaves its rooms, and what it kept here goes. The
 * name stays taken.
 * @throws UserInteractiveAuthRequired; MatrixError 403 `M_FORBIDDEN` for an appservice's sender
 */
export async function deactivateAccount(
  deps: DeactivateAccountDeps,
  { userId }: Requester,
  attempt: InteractiveAttempt,
): Promise<void> {
  if (deps.appservices.all.some(({ senderId }) => senderId === userId)) {
    throw new MatrixError("M_FORBIDDEN", "An appservice cannot do without its own user");
  }
  const proof = await checkInteractiveAuth(deps, attempt);
  const now = deps.clock.now();
  const done =
    proof &&
    (await deps.unitOfWork.run({ exclusive: [userId, ...namesOfProof(proof)] }, async (stores, commit) => {
      if (!(await consumeProof(stores, proof))) return false;
      await stores.credentials.removePasswordHash(userId);
      await stores.accounts.deactivate(userId, now);
      for (const { deviceId } of await stores.devices.listDevices(userId)) {
        await removeDevice(deps, stores, commit, { userId, deviceId });
      }
      await removeCrossSigningKeys(stores, commit, userId);
      await stores.accountData.removeAll(userId);
      await stores.roomAccountData.removeAll(userId);
      await stores.filters.removeAll(userId);
      await stores.keyBackups.removeAll(userId);
      await stores.profiles.removeAll(userId);
      await stores.departures.add(userId);
      return true;
    }));
  if (!done) return challenge(deps, attempt);
  // What is left over when it fails is done later.
  await leaveAllRooms(deps, userId);
}

async function removeCrossSigningKeys(stores: DeactivationStores, commit: Commit, userId: UserId): Promise<void> {
  const keys = await stores.crossSigningKeys.listKeys(userId);
  for (const { usage, publicKey } of keys) {
    await stores.crossSigningKeys.remove(userId, usage);
    await stores.keySignatures.removeOn({ userId, key: publicKey });
    // On others' master keys they were shown to this user alone (rule Q3): no served text has them.
    await stores.keySignatures.removeMadeBy(userId, `ed25519:${publicKey}`);
  }
  if (keys.length > 0) await announceDeviceListChange(stores, commit, userId, "cross-signing keys");
}
