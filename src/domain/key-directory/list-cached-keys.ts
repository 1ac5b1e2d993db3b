import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type {
  RemoteDeviceList,
  RemoteDeviceListStore,
  RemoteUserKeys,
} from "../remote-device-lists/remote-device-list-store.ts";

export interface CachedStores {
  readonly remoteDeviceLists: RemoteDeviceListStore;
}

/** The keys of another server's user, as they are known here. */
export interface CachedKeys {
  readonly list: RemoteDeviceList;
  readonly keys: RemoteUserKeys;
}

/** Users read in one snapshot: beyond it several are taken, so that none holds the event loop. */
const usersInSnapshot = 250;

const noKeys: RemoteUserKeys = { devices: [], crossSigningKeys: [] };

/** Of those of the users whose device list is tracked and has been fetched once. */
export async function listCachedKeys(
  snapshots: Snapshots<CachedStores>,
  userIds: readonly UserId[],
): Promise<ReadonlyMap<UserId, CachedKeys>> {
  const cached = new Map<UserId, CachedKeys>();
  for (let start = 0; start < userIds.length; start += usersInSnapshot) {
    const some = userIds.slice(start, start + usersInSnapshot);
    await snapshots.read(async ({ remoteDeviceLists }) => {
      const lists = (await remoteDeviceLists.listLists(some)).filter(({ streamId }) => streamId !== undefined);
      if (lists.length === 0) return;
      const keys = await remoteDeviceLists.listKeys(lists.map(({ userId }) => userId));
      for (const list of lists) cached.set(list.userId, { list, keys: keys.get(list.userId) ?? noKeys });
    });
  }
  return cached;
}
