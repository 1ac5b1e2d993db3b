import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, UnitOfWork } from "../kernel/unit-of-work.ts";
import { memberFields } from "./profile-field.ts";
import type { ProfileStore } from "./profile-store.ts";
import { type PropagateProfilesDeps, type PropagatingStores, propagateProfiles } from "./propagate-profiles.ts";

export interface ChangeProfileDeps extends PropagateProfilesDeps {
  readonly unitOfWork: UnitOfWork<PropagatingStores & { readonly knownDevices: KnownDevices }>;
}

/** Bytes of a profile's JSON: https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname */
const mostBytes = 65_535;

/**
 * Changes one field of the requester's profile. Rooms that show it are noted in the same unit, and told before the
 * promise resolves; those that were not told, because the server ended, are told by whoever calls `propagateProfiles`.
 *
 * @param change `value`: JSON text; `undefined` removes the field
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_PROFILE_TOO_LARGE`
 */
export async function changeProfile(
  deps: ChangeProfileDeps,
  requester: Requester,
  { userId, field, value }: { readonly userId: UserId; readonly field: string; readonly value: string | undefined },
): Promise<void> {
  if (requester.userId !== userId) throw new MatrixError("M_FORBIDDEN", "A profile is changed by its user alone");
  const isShown = await deps.unitOfWork.run({ exclusive: [userId] }, async ({ profiles, knownDevices }) => {
    await requireRequestingDevice({ knownDevices }, requester);
    if ((await profiles.findField(userId, field)) === value) return false;
    if (value === undefined) await profiles.removeField(userId, field);
    else {
      await requireRoom(profiles, userId, field, value);
      await profiles.putField(userId, field, value);
    }
    if (!memberFields.includes(field)) return false;
    await profiles.noteChanges(userId);
    return true;
  });
  if (isShown) await propagateProfiles(deps, userId);
}

async function requireRoom(store: Reading<ProfileStore>, userId: UserId, name: string, value: string): Promise<void> {
  const others = (await store.listFields(userId)).filter(({ field }) => field !== name);
  const members = [...others, { field: name, value }].map((each) => `${JSON.stringify(each.field)}:${each.value}`);
  if (Buffer.byteLength(`{${members.join()}}`) <= mostBytes) return;
  throw new MatrixError("M_PROFILE_TOO_LARGE", `A profile has at most ${mostBytes} bytes`);
}
