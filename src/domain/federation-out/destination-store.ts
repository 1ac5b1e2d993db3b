import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** A server does not take its transactions. Times are ms since the epoch. */
export interface DestinationFailure {
  /** In vain, one after another. */
  readonly attempts: number;
  readonly since: number;
  /** What the last attempt failed with: one line. */
  readonly error: string;
  readonly nextAttemptAt: number;
}

/** What a server is sent, made once: under its id nothing else is ever sent. */
export interface FederationTransaction {
  readonly id: string;
  /** JSON text. */
  readonly body: string;
  /** Ms since the epoch. */
  readonly madeAt: number;
}

/** How far other servers have been told, and how their transactions fare. */
export interface DestinationStore {
  findFailure(server: ServerName): Promise<DestinationFailure | undefined>;
  /** By name. */
  listFailures(): Promise<(DestinationFailure & { readonly server: ServerName })[]>;
  putFailure(server: ServerName, failure: DestinationFailure): Promise<void>;
  removeFailure(server: ServerName): Promise<void>;
  /** The one that was made and has not been taken. */
  findTransaction(destination: ServerName): Promise<FederationTransaction | undefined>;
  /** At most one waits: rejects while there is another. */
  addTransaction(destination: ServerName, transaction: FederationTransaction): Promise<void>;
  removeTransaction(destination: ServerName, transactionId: string): Promise<void>;
  /** The `stream_id` that the server was told last of a user's device list, by an EDU or because it asked. */
  findToldStreamId(destination: ServerName, userId: UserId): Promise<StreamPosition | undefined>;
  putToldStreamId(destination: ServerName, userId: UserId, streamId: StreamPosition): Promise<void>;
}
