import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import type { AppserviceGateway } from "./appservice-gateway.ts";
import type { Appservices } from "./appservices.ts";

interface UserStores {
  readonly accounts: { hasAccount(userId: UserId): Promise<boolean> };
  readonly knownDevices: { listDeviceIds(userId: UserId): Promise<readonly string[]> };
}

export interface QueryMissingUsersDeps {
  readonly appservices: Appservices;
  /** It shares requests for one user that are under way, and remembers for a while that there is none. */
  readonly appserviceUsers: Pick<AppserviceGateway, "hasUser">;
  readonly snapshots: Snapshots<UserStores>;
}

/** Users asked for in one request: others are as unknown as they were. */
const mostUsers = 20;

/**
 * Asks appservices for users of their namespaces that do not exist: one that has such a user makes it before it answers.
 * Before a unit, which then finds the user or does not. Whatever is answered, the request goes on.
 * https://spec.matrix.org/v1.19/application-service-api/#querying
 *
 * @param userIds of this server
 * @param requestedBy the id of the appservice that makes the request: it is not asked itself
 */
export async function queryMissingUsers(
  { appservices, appserviceUsers, snapshots }: QueryMissingUsersDeps,
  userIds: readonly UserId[],
  requestedBy: string | undefined,
): Promise<void> {
  const covered = userIds.flatMap((userId) => {
    const appservice = appservices.ownerOf(userId) ?? appservices.interestedIn(userId)[0];
    const isAsked = appservice && appservice.id !== requestedBy && appservice.registration.url !== undefined;
    return isAsked ? [{ userId, appservice }] : [];
  });
  if (covered.length === 0) return;
  const missing = await snapshots.read((stores) => listMissing(stores, covered));
  await Promise.all(missing.map(({ userId, appservice }) => appserviceUsers.hasUser(appservice, userId)));
}

/** Nearly all users have a device, which is asked for all of them at once. */
async function listMissing<Covered extends { readonly userId: UserId }>(
  { accounts, knownDevices }: ReadingAll<UserStores>,
  covered: readonly Covered[],
): Promise<Covered[]> {
  const devices = await Promise.all(covered.map(({ userId }) => knownDevices.listDeviceIds(userId)));
  const missing: Covered[] = [];
  for (const user of covered.filter((_, index) => devices[index]?.length === 0).slice(0, mostUsers)) {
    if (!(await accounts.hasAccount(user.userId))) missing.push(user);
  }
  return missing;
}
