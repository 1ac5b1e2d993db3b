import { type QueryMissingUsersDeps, queryMissingUsers } from "../appservices/query-missing-users.ts";
import { routeTo } from "../to-device/deliver-to-device.ts";
import type { ReadEdu } from "./receive-edu.ts";

/** Recipients of which it does not matter whether they are there: who they are need not be asked before the unit. */
const few = 20;

/**
 * Leaves those recipients out that have no devices here, where there are many: each one costs the unit a lock, and anybody
 * can make up names. A device that appears after this gets nothing, as if the message had come before it.
 */
export async function dropUnreached(deps: QueryMissingUsersDeps, edu: ReadEdu): Promise<ReadEdu> {
  const { appservices, snapshots } = deps;
  if (edu.addressed.length <= few) return edu;
  const userIds = edu.addressed.map(({ userId }) => userId);
  await queryMissingUsers(deps, userIds, undefined);
  const devices = await snapshots.read(({ knownDevices }) =>
    Promise.all(userIds.map((userId) => knownDevices.listDeviceIds(userId))),
  );
  const addressed = edu.addressed.filter(
    ({ userId }, index) => devices[index]?.length !== 0 || routeTo(appservices, userId).unknownDevices,
  );
  return { ...edu, addressed };
}
