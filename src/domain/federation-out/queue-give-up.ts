import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { DestinationStore, FederationTransaction } from "./destination-store.ts";
import type { FederationQueueStore } from "./federation-queue-store.ts";

export interface GivingUpStores {
  readonly destinations: DestinationStore;
  readonly federationQueue: Pick<FederationQueueStore, "noteChange">;
  readonly stream: { findPosition(): Promise<StreamPosition> };
}

/** Told of as deleted, which is short and needs no keys: what counts is the gap before it. */
const noDevice = "NONE" as DeviceId;

interface WrittenEdu {
  readonly edu_type: string;
  readonly content: { readonly user_id?: UserId };
}

/**
 * Inside a unit that has the destination: a transaction that was made is never sent. Of each user of whom it told anything
 * the server is told once more, after a position that it has never heard of: so it fetches the list, with the
 * cross-signing keys. What is in the list is not sent again, for the server may have refused the transaction because of it.
 *
 * @returns how many EDUs with messages were in it
 */
export async function giveUpTransaction(
  { destinations, federationQueue, stream }: GivingUpStores,
  destination: ServerName,
  { id, body }: FederationTransaction,
): Promise<number> {
  await destinations.removeTransaction(destination, id);
  const { edus } = JSON.parse(body) as { edus: readonly WrittenEdu[] };
  const told = new Set(edus.flatMap(({ content }) => content.user_id ?? []));
  const position = await stream.findPosition();
  for (const userId of told) {
    // Who was never told of the list, or does not listen any more, relies on nothing.
    if ((await destinations.findToldStreamId(destination, userId)) === undefined) continue;
    await destinations.putToldStreamId(destination, userId, position);
    await federationQueue.noteChange([destination], userId, noDevice);
  }
  return edus.filter(({ edu_type: type }) => type === "m.direct_to_device").length;
}
