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

/** As `Observer`: what happens between this server and others. No server is named: there may be any number. */
export interface FederationObserver {
  /** A request to another server has ended; `spared`: it was not made. */
  remoteAsked(kind: "claim" | "query" | "devices" | "server_keys", outcome: "answered" | "failed" | "spared"): void;
  /** Another server gave keys that it was not asked for, or that have a wrong shape (rule C5). */
  remoteKeysDropped(count: number): void;
  /** A transaction was taken by its destination, or an attempt to send it failed. */
  federationTransactionEnded(outcome: "delivered" | "failed"): void;
  /** To-device messages for other servers were given up: they had waited for too long, or were too many. */
  federationMessagesForgotten(count: number): void;
  /** A request of another server was refused before it was looked into. */
  serverRefused(reason: "malformed" | "other_destination" | "unknown_key" | "bad_signature"): void;
  /** An EDU arrived; `repeated`: it had arrived before; `dropped`: it is malformed, or of somebody else's user. */
  eduReceived(type: string, outcome: "taken" | "repeated" | "dropped"): void;
  /** An attempt to fetch another server's user's device list has ended; `gone`: it is not tried again. */
  deviceListFetched(outcome: "fetched" | "failed" | "gone"): void;
}
