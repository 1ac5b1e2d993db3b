import { type DeviceId, parseDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireUserId, type UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservice } from "../appservices/appservices.ts";
import { requireRegisteredUser } from "../appservices/require-registered-user.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import { tokenDigest } from "../authentication/token-pair.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { unknownDeviceOfUser } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";

interface AssertingStores {
  readonly accounts: ActiveAccounts;
  readonly knownDevices: KnownDevices;
}

export interface AssertIdentityDeps {
  readonly snapshots: Snapshots<AssertingStores>;
}

/** Whom an appservice says it acts as, unparsed. */
export interface AssertedIdentity {
  /** `undefined`: its sender. */
  readonly userId: string | undefined;
  /** `undefined`: no device. */
  readonly deviceId: string | undefined;
}

/**
 * Who makes a request that carries an appservice's token. One read.
 * https://spec.matrix.org/v1.19/application-service-api/#identity-assertion
 *
 * @throws MatrixError 400 `M_INVALID_PARAM`; 403 `M_FORBIDDEN` for a user that the appservice does not cover or has not
 * registered; 400 `M_UNKNOWN_DEVICE`
 */
export async function assertIdentity(
  deps: AssertIdentityDeps,
  appservice: Appservice,
  asserted: AssertedIdentity,
): Promise<Requester> {
  const userId = asserted.userId === undefined ? appservice.senderId : requireUserId(asserted.userId, "user_id");
  if (!appservice.covers(userId)) {
    throw new MatrixError("M_FORBIDDEN", "The appservice cannot act as this user: it is in none of its namespaces");
  }
  return {
    userId,
    deviceId: await deps.snapshots.read((stores) => findDevice(stores, userId, asserted.deviceId)),
    accessTokenDigest: tokenDigest(appservice.registration.asToken),
    appserviceId: appservice.id,
  };
}

async function findDevice(
  stores: ReadingAll<AssertingStores>,
  userId: UserId,
  asserted: string | undefined,
): Promise<DeviceId | undefined> {
  await requireRegisteredUser(stores, userId);
  if (asserted === undefined) return undefined;
  const deviceId = parseDeviceId(asserted);
  if (deviceId === undefined || !(await stores.knownDevices.hasDevice({ userId, deviceId }))) {
    throw unknownDeviceOfUser();
  }
  return deviceId;
}
