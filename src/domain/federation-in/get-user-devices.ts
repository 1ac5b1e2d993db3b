import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type QueryMissingUsersDeps, queryMissingUsers } from "../appservices/query-missing-users.ts";
import { type ListeningStores, noteListening, promisedTime } from "../device-lists/audience.ts";
import type { DestinationStore } from "../federation-out/destination-store.ts";
import type { FederationQueueStore } from "../federation-out/federation-queue-store.ts";
import { scopeOfDestination } from "../federation-out/queue-scope.ts";
import type { Clock } from "../kernel/clock.ts";
import type { StreamPosition, StreamStore } from "../kernel/stream-position.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { answeringAppservice } from "../key-directory/answering-appservice.ts";
import { type QueryLocalKeysDeps, queryLocalKeys } from "../key-directory/query-local-keys.ts";
import { answerTime } from "./answer-time.ts";
import { requireLocalUser } from "./require-local-user.ts";

interface FollowingStores extends ListeningStores {
  readonly accounts: { hasAccount(userId: UserId): Promise<boolean> };
  readonly stream: StreamStore;
  readonly destinations: DestinationStore;
  readonly federationQueue: FederationQueueStore;
}

export interface GetUserDevicesDeps extends QueryLocalKeysDeps, QueryMissingUsersDeps {
  readonly unitOfWork: UnitOfWork<FollowingStores>;
  readonly snapshots: QueryLocalKeysDeps["snapshots"] & QueryMissingUsersDeps["snapshots"];
  readonly clock: Clock;
  readonly serverName: ServerName;
}

/** A user's device list as another server gets it: all JSON is text as it is served. */
export interface UserDevices {
  readonly userId: UserId;
  /** All changes up to here are in it; the next `m.device_list_update` refers to it. */
  readonly streamId: StreamPosition;
  /**
   * Ms since the epoch: until then at least the server is told of every change. `undefined` where an appservice answers
   * for the user's keys (rule Q5), for of what it changes nobody hears, and while the server takes no transactions.
   */
  readonly followedUntil: number | undefined;
  /** Devices that have keys. */
  readonly devices: ReadonlyMap<DeviceId, string>;
  readonly masterKey: string | undefined;
  readonly selfSigningKey: string | undefined;
}

/**
 * The device list of one of our users. From here on the server hears of its changes, and needs not be told those that are
 * in the list. The keys are read after the position: what changes meanwhile is in the list and told besides, never neither.
 *
 * @throws MatrixError 400 `M_INVALID_PARAM`, 404 `M_NOT_FOUND` for an unknown user
 */
export async function getUserDevices(deps: GetUserDevicesDeps, origin: ServerName, user: string): Promise<UserDevices> {
  const userId = requireLocalUser(user, deps.serverName, "userId");
  await queryMissingUsers(deps, [userId], undefined);
  const scope = { ...scopeOfDestination(origin), shared: [userId] };
  const followed = await deps.unitOfWork.run(scope, (stores) => follow(stores, userId, origin, deps.clock.now()));
  if (!followed) throw new MatrixError("M_NOT_FOUND", "There is no such user");
  const { deviceKeys, crossSigningKeys } = await queryLocalKeys(
    deps,
    undefined,
    new Map([[userId, new Set()]]),
    answerTime,
  );
  const isProxied =
    deps.compatibility.msc3984 && answeringAppservice(deps.appservices, userId, "answersQueries") !== undefined;
  return {
    userId,
    streamId: followed.streamId,
    followedUntil: isProxied ? undefined : followed.followedUntil,
    devices: deviceKeys.get(userId) ?? new Map(),
    masterKey: crossSigningKeys.master.get(userId),
    selfSigningKey: crossSigningKeys.self_signing.get(userId),
  };
}

/**
 * Inside a unit that shares the user, whose devices nobody changes meanwhile, and has the server, whom nobody tells anything
 * meanwhile; `undefined` where there is no such user.
 */
async function follow(
  stores: FollowingStores,
  userId: UserId,
  origin: ServerName,
  now: number,
): Promise<{ readonly streamId: StreamPosition; readonly followedUntil: number | undefined } | undefined> {
  if (!(await stores.accounts.hasAccount(userId))) return undefined;
  const streamId = await stores.stream.findPosition();
  await stores.destinations.putToldStreamId(origin, userId, streamId);
  await stores.federationQueue.removeChangesOf(origin, userId, streamId);
  // A transaction on its way may hold older cross-signing keys, and nothing in it says so: the newest are told behind it.
  if (await stores.destinations.findTransaction(origin)) {
    await stores.federationQueue.noteChange([origin], userId, undefined);
  }
  await noteListening(stores, userId, origin, now);
  const isReached = (await stores.destinations.findFailure(origin)) === undefined;
  return { streamId, followedUntil: isReached ? now + promisedTime : undefined };
}
