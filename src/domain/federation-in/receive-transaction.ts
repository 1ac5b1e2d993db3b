import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type QueryMissingUsersDeps, queryMissingUsers } from "../appservices/query-missing-users.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { FederationObserver, Observer } from "../kernel/observer.ts";
import type { NamedScope, UnitOfWork } from "../kernel/unit-of-work.ts";
import { dropUnreached } from "./drop-unreached.ts";
import type { Delivered, Outcome } from "./receive-direct-to-device.ts";
import {
  type ReadEdu,
  type ReceivingDeps,
  type ReceivingStores,
  readEdu,
  receiveEdu,
  recipientsInUnit,
} from "./receive-edu.ts";

export interface ReceiveTransactionDeps extends ReceivingDeps, QueryMissingUsersDeps {
  readonly unitOfWork: UnitOfWork<ReceivingStores>;
  readonly clock: Clock;
  readonly serverName: ServerName;
  readonly observer: Pick<Observer, "toDeviceMessagesSent">;
  readonly federationObserver: ReceivingDeps["federationObserver"] & Pick<FederationObserver, "eduReceived">;
}

export interface ReceivedTransaction {
  readonly transactionId: string;
  /** Whom it says that it is from, if it does. */
  readonly origin: string | undefined;
  readonly pdus: readonly JsonValue[];
  readonly edus: readonly JsonValue[];
}

/** https://spec.matrix.org/v1.19/server-server-api/#transactions */
const mostPdus = 50;
const mostEdus = 100;

/** EDUs of one unit, and what it puts in inboxes before it ends: so that none holds the others up. */
const edusInUnit = 20;
const deliveriesInUnit = 500;
const charactersInUnit = 1024 * 1024;

/**
 * Does what another server's transaction says: its EDUs in order, each once, however often the transaction arrives, for each
 * unit records how far it came. One with more recipients than a unit may name is done in parts, each once. An EDU that is
 * malformed or speaks for somebody else is passed over. PDUs are not looked at: there is no room that they could belong to.
 *
 * @throws MatrixError 400 `M_INVALID_PARAM`, `M_TOO_LARGE`
 */
export async function receiveTransaction(
  deps: ReceiveTransactionDeps,
  origin: ServerName,
  { transactionId, origin: named, pdus, edus }: ReceivedTransaction,
): Promise<void> {
  requireOpaqueText(transactionId, "txnId");
  if (named !== undefined && named !== origin) {
    throw new MatrixError("M_INVALID_PARAM", "origin must be the server that makes the request");
  }
  if (pdus.length > mostPdus) throw new MatrixError("M_TOO_LARGE", `At most ${mostPdus} PDUs a transaction`);
  if (edus.length > mostEdus) throw new MatrixError("M_TOO_LARGE", `At most ${mostEdus} EDUs a transaction`);
  const parts = await readParts(deps, origin, edus);
  for (let done = 0; done < parts.length; ) {
    const some = await nextSome(deps, parts, done);
    await queryMissingUsers(deps, [...recipientsOf(some)], undefined);
    done = await receiveSome(deps, origin, transactionId, some, done);
  }
}

async function readParts(
  { clock, serverName }: ReceiveTransactionDeps,
  origin: ServerName,
  edus: readonly JsonValue[],
): Promise<ReadEdu[]> {
  const giveWay = givingWay(clock);
  const parts: ReadEdu[] = [];
  for (const value of edus) {
    await giveWay();
    parts.push(...readEdu(serverName, origin, value));
  }
  return parts;
}

/** As many of those from `first` on as one unit may do. */
async function nextSome(deps: ReceiveTransactionDeps, parts: readonly ReadEdu[], first: number): Promise<ReadEdu[]> {
  const some: ReadEdu[] = [];
  for (const part of parts.slice(first, first + edusInUnit)) {
    const reached = await dropUnreached(deps, part);
    if (some.length > 0 && recipientsOf([...some, reached]).size > recipientsInUnit) break;
    some.push(reached);
  }
  return some;
}

function recipientsOf(edus: readonly ReadEdu[]): Set<UserId> {
  return new Set(edus.flatMap(({ addressed }) => addressed.map(({ userId }) => userId)));
}

/**
 * Does EDUs of a transaction, or parts of them.
 * @param first the place of the first of them among all parts of the transaction
 * @returns how many of all parts have been done: some, or more, if the transaction has arrived before
 */
async function receiveSome(
  deps: ReceiveTransactionDeps,
  origin: ServerName,
  transactionId: string,
  edus: readonly ReadEdu[],
  first: number,
): Promise<number> {
  const now = deps.clock.now();
  const end = first + edus.length;
  const { done, outcomes, delivered } = await deps.unitOfWork.run(scopeOf(origin, edus), async (stores, commit) => {
    const { receivedTransactions } = stores;
    const before = (await receivedTransactions.findDone(origin, transactionId)) ?? 0;
    const ended: [string, Outcome][] = [];
    const sum: Delivered = { count: 0, characters: 0 };
    let next = Math.max(before, first);
    while (next < end && sum.count < deliveriesInUnit && sum.characters < charactersInUnit) {
      const edu = edus[next++ - first] as ReadEdu;
      const outcome = await receiveEdu(deps, stores, commit, edu, sum, now);
      if (edu.part === 0) ended.push([edu.type, outcome]);
    }
    // Also of one that has been done: a server that hears no answer may go on sending it for a month.
    await receivedTransactions.putDone(origin, transactionId, next, now);
    return { done: next, outcomes: ended, delivered: sum.count };
  });
  for (const [type, outcome] of outcomes) deps.federationObserver.eduReceived(type, outcome);
  if (delivered > 0) deps.observer.toDeviceMessagesSent(delivered);
  return done;
}

/** Of a server's transactions one is done at a time: it sends no other before one is answered. */
function scopeOf(origin: ServerName, edus: readonly ReadEdu[]): NamedScope {
  const owners = new Set(edus.flatMap(({ owner }) => (owner === undefined ? [] : [owner])));
  return { exclusive: [`transactions of ${origin}`, ...owners], shared: [...recipientsOf(edus)] };
}
