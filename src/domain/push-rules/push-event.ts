import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";

/** What push rules look at in an event. */
export interface PushEvent {
  readonly type: string;
  readonly sender: string;
  readonly roomId: string;
  /** `undefined` for an event that is no state. */
  readonly stateKey: string | undefined;
  /** The content; asked only where a rule looks into it, and more than once: whoever gives it parses it once. */
  content(): JsonObject;
}

/** What push rules look at beside the event: the room as it is for one user. */
export interface PushContext {
  readonly userId: UserId;
  /** The user's display name in the room. */
  readonly displayName: string | undefined;
  /** Joined members of the room. */
  readonly joinedMembers: number;
  /** Whether the sender's power level is that of `notifications.<key>` in the room's power levels, or higher. */
  senderMayNotify(key: string): boolean;
}
