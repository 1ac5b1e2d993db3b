import { MatrixError } from "../../protocol/matrix-error.ts";
import { parseSyncToken } from "../../protocol/sync-token.ts";
import type { Requester } from "../kernel/requester.ts";
import { isInPresentHistory, type StreamStore } from "../kernel/stream-position.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { DeviceListChanges, DeviceListStore } from "./device-list-store.ts";
import { listDeviceListChanges } from "./list-changes.ts";

export interface GetKeyChangesDeps {
  readonly snapshots: Snapshots<{ deviceLists: DeviceListStore; stream: StreamStore }>;
}

/**
 * What the caller hears of after the sync token `from` (rule S2). What happened only after `to` may be among it: one row
 * a user cannot tell, and a client that fetches once more than needed loses nothing.
 *
 * @throws MatrixError `M_INVALID_PARAM` for a token that is none
 */
export async function getKeyChanges(
  deps: GetKeyChangesDeps,
  requester: Requester,
  range: { readonly from: string; readonly to: string | undefined },
): Promise<DeviceListChanges> {
  const from = parseSyncToken(range.from);
  if (!from) throw new MatrixError("M_INVALID_PARAM", "from is not a sync token of this server");
  if (range.to !== undefined && !parseSyncToken(range.to)) {
    throw new MatrixError("M_INVALID_PARAM", "to is not a sync token of this server");
  }
  return deps.snapshots.read(async ({ deviceLists, stream }) => {
    const known = isInPresentHistory(from.position, await stream.findPosition());
    return listDeviceListChanges(deviceLists, requester.userId, known ? from.position : "unknown");
  });
}
