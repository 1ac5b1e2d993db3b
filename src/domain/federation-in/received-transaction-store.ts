import type { ServerName } from "../../protocol/identifiers/server-name.ts";

/** What other servers have sent before, so that it is done once. Times are ms since the epoch. */
export interface ReceivedTransactionStore {
  /** How many parts of the transaction have been done; `undefined` for one that is new. */
  findDone(origin: ServerName, transactionId: string): Promise<number | undefined>;
  putDone(origin: ServerName, transactionId: string, done: number, receivedAt: number): Promise<void>;
  /** Remembers a to-device EDU by its `message_id`; false when it was remembered already. */
  rememberMessage(origin: ServerName, messageId: string, receivedAt: number): Promise<boolean>;
  /** Forgets transactions and messages received before a time. */
  forgetBefore(time: number): Promise<void>;
}
