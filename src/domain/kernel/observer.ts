import type { DeviceOwner } from "./requester.ts";

export type ClaimSource = "one_time_key" | "appservice" | "fallback_key" | "none";

/** What an operator wants to know. Called after the fact, never on the way; implementations never throw. */
export interface Observer {
  /** One (device, algorithm) of a claim was answered (rules C3, C6, C7). `claimer` is a user id or a server name. */
  claimAnswered(source: ClaimSource, target: DeviceOwner, claimer: string): void;
  /** A `/keys/upload` was stored; `poolSizes` are the unissued one-time keys per algorithm after it. */
  keysUploaded(storedOneTimeKeys: number, poolSizes: ReadonlyMap<string, number>): void;
  /** A `/keys/upload` was refused because ids clash with keys that the client has forgotten (rule K4). */
  duplicateOneTimeKeysRefused(owner: DeviceOwner, clashes: number): void;
  /** Signatures of uploaded keys that do not verify (rule K8). */
  badKeySignatures(owner: DeviceOwner, keyIds: readonly string[]): void;
  /** A device came back with other identity keys (rule K9). */
  identityReplaced(owner: DeviceOwner): void;
  /** To-device messages were put in inboxes. */
  toDeviceMessagesSent(count: number): void;
  /** A log-in attempt ended. */
  loginFinished(outcome: "success" | "failure" | "throttled"): void;
}

/** What became of a wish for keys of an appservice's user. */
export type ProxyOutcome =
  /** The appservice was asked, and has answered. */
  | "answered"
  | "failed"
  /** It was not asked: the answer to another request served. */
  | "shared"
  /** It was not asked, because it does not answer at present. */
  | "spared";

/** As `Observer`: what happens between this server and its appservices. */
export interface AppserviceObserver {
  /** Keys of a user were wanted (rules C6, Q5). */
  keysAsked(appserviceId: string, kind: "claim" | "query", outcome: ProxyOutcome): void;
  /** It gave keys that it was not asked for, or that have a wrong shape. */
  keysDropped(appserviceId: string, count: number): void;
  /** It took a transaction, or an attempt to send it failed. */
  transactionEnded(appserviceId: string, outcome: "delivered" | "failed"): void;
}
