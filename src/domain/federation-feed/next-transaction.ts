import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { FederationTransaction } from "../federation-out/destination-store.ts";
import { scopeOfDestination } from "../federation-out/queue-scope.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { EduList } from "./edu-list.ts";
import type { FederationFeedStores } from "./feed-stores.ts";
import { type TellChangesDeps, tellChanges } from "./tell-changes.ts";

export interface NextTransactionDeps extends TellChangesDeps {
  readonly unitOfWork: UnitOfWork<FederationFeedStores>;
  readonly clock: Clock;
  readonly random: Random;
  readonly serverName: ServerName;
}

/**
 * The transaction that a server is to be sent: the one that was made and not taken, else one made of what waits. It is
 * stored before it is sent, and from then on its id stands for this very body.
 *
 * @param taken the id of the transaction that the server has taken: it is removed, and the server does not fail any more
 * @returns `undefined` when nothing waits
 */
export function nextTransaction(
  deps: NextTransactionDeps,
  destination: ServerName,
  taken?: string,
): Promise<FederationTransaction | undefined> {
  return deps.unitOfWork.run(scopeOfDestination(destination), async (stores) => {
    const { destinations } = stores;
    if (taken !== undefined) await destinations.removeTransaction(destination, taken);
    // Also after a removal: this may be the second try of a unit whose commit nobody heard of.
    const transaction =
      (await destinations.findTransaction(destination)) ?? (await makeTransaction(deps, stores, destination));
    // A server for which nothing waits has nothing to fail at.
    if (taken !== undefined || !transaction) await endFailure(stores, destination);
    return transaction;
  });
}

async function makeTransaction(
  deps: NextTransactionDeps,
  stores: FederationFeedStores,
  destination: ServerName,
): Promise<FederationTransaction | undefined> {
  const edus = new EduList();
  // Read before what is told.
  const present = await stores.stream.findPosition();
  // Devices first: who gets a message of a device knows the device.
  const allTold = await tellChanges(deps, stores, destination, present, edus);
  if (allTold) await addMessages(stores, destination, present, edus);
  if (edus.isEmpty) return undefined;
  const madeAt = deps.clock.now();
  const origin = JSON.stringify(deps.serverName);
  const transaction = {
    // Random: after a restore no counter goes back over ids that the server remembers (rule E5).
    id: deps.random.bytes(16).toString("base64url"),
    body: `{"origin":${origin},"origin_server_ts":${madeAt},"pdus":[],"edus":${edus.text}}`,
    madeAt,
  };
  await stores.destinations.addTransaction(destination, transaction);
  return transaction;
}

/** The messages that are first in line, in order. */
async function addMessages(
  { federationQueue }: FederationFeedStores,
  destination: ServerName,
  present: StreamPosition,
  edus: EduList,
): Promise<void> {
  if (edus.room === 0) return;
  let last: StreamPosition | undefined;
  for (const { position, edu } of await federationQueue.listMessages(destination, edus.room)) {
    // What came since may be of a device that is told only the next time.
    if (position > present || !edus.add(edu)) break;
    last = position;
  }
  if (last !== undefined) await federationQueue.removeMessagesUpTo(destination, last);
}

async function endFailure({ destinations }: FederationFeedStores, destination: ServerName): Promise<void> {
  if (await destinations.findFailure(destination)) await destinations.removeFailure(destination);
}
