import type { UserId } from "../../../protocol/identifiers/user-id.ts";

/** The request that a session is for: none other can be authenticated with it. */
export interface InteractiveOperation {
  readonly method: string;
  readonly path: string;
  /** SHA-256 of the canonical JSON of the body without `auth`. */
  readonly bodyDigest: Buffer;
  /** `undefined` where nobody is logged in yet: registration. */
  readonly userId: UserId | undefined;
}

export interface InteractiveSession extends InteractiveOperation {
  readonly sessionId: string;
  /** The stages that were passed, in order. */
  readonly completed: readonly string[];
  /** Ms since the epoch. */
  readonly createdAt: number;
  readonly consumed: boolean;
}

/** Sessions of user-interactive authentication, each good for one request. */
export interface InteractiveSessionStore {
  findSession(sessionId: string): Promise<InteractiveSession | undefined>;
  add(session: InteractiveSession): Promise<void>;
  putCompleted(sessionId: string, completed: readonly string[]): Promise<void>;
  /** True for exactly one caller per session, and only for a session that was not created before `time`. */
  consume(sessionId: string, time: number, now: number): Promise<boolean>;
  /** Deletes the sessions created before a time, consumed or not. */
  removeBefore(time: number): Promise<void>;
}
