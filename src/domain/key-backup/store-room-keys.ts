import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { Random } from "../kernel/random.ts";
import type { Requester } from "../kernel/requester.ts";
import { isBetterKey } from "./better-key.ts";
import { type ChangeBackupDeps, changeBackups, type KeyState, newEtag } from "./change-backup.ts";
import { requireNewest } from "./find-backup.ts";
import { type GivenKey, parseGivenKey } from "./given-key.ts";
import type { BackedUpKey, KeyBackupStore } from "./key-backup-store.ts";

export interface StoreRoomKeysDeps extends ChangeBackupDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Keys of one user, in all backups: some people have a hundred thousand. */
const mostKeys = 1_000_000;

/**
 * Stores keys in the backup that was made last: all that the request has, but for those that are not better than what
 * is there.
 *
 * @throws MatrixError 404 `M_NOT_FOUND`, 403 `M_WRONG_ROOM_KEYS_VERSION`, `M_INVALID_PARAM`, `M_BAD_JSON`, `M_TOO_LARGE`
 */
export async function storeRoomKeys(
  deps: StoreRoomKeysDeps,
  requester: Requester,
  { version, keys: given }: { readonly version: string; readonly keys: Iterable<GivenKey> },
): Promise<KeyState> {
  const { userId, deviceId } = requester;
  const keys = await parseGivenKeys(deps.clock, given);
  const at = deps.clock.now();
  return changeBackups(deps, requester, async ({ keyBackups }) => {
    const backup = await requireNewest(keyBackups, userId, version);
    const ranks = await keyBackups.listRanks(backup.keys, keys);
    const better = keys.filter((key, place) => {
      const stored = ranks[place];
      return !stored || isBetterKey(key, stored);
    });
    if (better.length === 0) return backup;
    const added = ranks.filter((stored) => !stored).length;
    if (added > 0) await requireRoom(keyBackups, requester, added);
    await keyBackups.putKeys(backup.keys, better, { deviceId, at });
    const state = { count: backup.count + added, etag: newEtag(deps.random) };
    await keyBackups.putState(userId, backup.version, state);
    return state;
  });
}

async function parseGivenKeys(clock: Clock, given: Iterable<GivenKey>): Promise<BackedUpKey[]> {
  const giveWay = givingWay(clock);
  const keys: BackedUpKey[] = [];
  for (const key of given) {
    keys.push(parseGivenKey(key));
    await giveWay();
  }
  return keys;
}

async function requireRoom(keyBackups: KeyBackupStore, { userId }: Requester, added: number): Promise<void> {
  if ((await keyBackups.countKeys(userId)) + added <= mostKeys) return;
  throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostKeys} backed up keys: delete old key backups`);
}
