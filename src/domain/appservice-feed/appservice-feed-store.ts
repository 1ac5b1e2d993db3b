import type { StreamPosition } from "../kernel/stream-position.ts";

/** How far an appservice has been told. */
export interface FeedPositions {
  /** All changes of device lists up to here have been told. */
  readonly deviceListPosition: StreamPosition;
  /** So have all events. */
  readonly eventPosition: StreamPosition;
  /** And all typing and receipts. */
  readonly ephemeralPosition: StreamPosition;
}

/** How far an appservice has been told, and how its transactions fare. */
export interface Feed extends FeedPositions {
  readonly appserviceId: string;
  /** A position of the history that the feed goes by: in another one (rule E5) it begins anew. */
  readonly historyPosition: StreamPosition;
  /** A digest of the namespaces by which its users in rooms were found; "" where they are still to be looked for. */
  readonly namespaces: string;
  /** `undefined` while transactions are taken, or there are none. */
  readonly failure: FeedFailure | undefined;
}

/** Transactions are not taken. Times are ms since the epoch. */
export interface FeedFailure {
  /** In vain, one after another. */
  readonly attempts: number;
  readonly since: number;
  /** What the last attempt failed with: one line. */
  readonly error: string;
  readonly nextAttemptAt: number;
}

/** What an appservice is sent, made once: under its id nothing else is ever sent. */
export interface FeedTransaction {
  readonly id: string;
  /** JSON text. */
  readonly body: string;
  /** Ms since the epoch. */
  readonly madeAt: number;
}

/** The state of the feeds. Rows of appservices that are no longer registered stay: they may come back. */
export interface AppserviceFeedStore {
  findFeed(appserviceId: string): Promise<Feed | undefined>;
  listFeeds(): Promise<Feed[]>;
  /** A new feed, or one that begins anew. What failed before stays noted. */
  begin(appserviceId: string, positions: FeedPositions, historyPosition: StreamPosition): Promise<void>;
  /** Those that are given. */
  putPositions(appserviceId: string, positions: Partial<FeedPositions>): Promise<void>;
  putNamespaces(appserviceId: string, digest: string): Promise<void>;
  /** The one that was made and has not been taken. */
  findTransaction(appserviceId: string): Promise<FeedTransaction | undefined>;
  /** Since when it waits, in ms since the epoch; `undefined` when there is none. */
  findTransactionTime(appserviceId: string): Promise<number | undefined>;
  /** At most one waits: rejects while there is another. */
  addTransaction(appserviceId: string, transaction: FeedTransaction): Promise<void>;
  removeTransaction(appserviceId: string, transactionId: string): Promise<void>;
  putFailure(appserviceId: string, failure: FeedFailure): Promise<void>;
  removeFailure(appserviceId: string): Promise<void>;
}
