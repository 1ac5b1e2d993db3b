import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { SentTransaction } from "./sent-event-store.ts";

/** What a user wants to put into a room. */
export interface EventDraft {
  readonly type: string;
  /** Absent: no state event. */
  readonly stateKey?: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  /** Ms since the epoch; absent: now. */
  readonly originServerTs?: number | undefined;
  /** Of an `m.room.redaction`, whatever the room's version. */
  readonly redacts?: EventId;
  /** What its client calls the request that sends it. */
  readonly transaction?: SentTransaction;
}
