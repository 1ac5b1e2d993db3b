import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { RemoteAnswer } from "./remote-answer.ts";

/** By user and device: the algorithm of which one key is wanted. */
export type RemoteClaim = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By user: the devices wanted; `[]` means all of them. */
export type RemoteQuery = Readonly<Record<string, readonly string[]>>;

/**
 * Asks other servers for keys. Nothing here rejects, or takes longer than `timeout` ms. A server that fails again and again
 * is spared for a while, but not from claims, for a person is waiting: one at a time finds out for all (rule C5).
 */
export interface RemoteServers {
  /** https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim */
  claimKeys(server: ServerName, oneTimeKeys: RemoteClaim, timeout: number): Promise<RemoteAnswer>;
  /** https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery */
  queryKeys(server: ServerName, deviceKeys: RemoteQuery, timeout: number): Promise<RemoteAnswer>;
  /** https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid */
  getUserDevices(server: ServerName, userId: UserId, timeout: number): Promise<RemoteAnswer>;
}

/** Told when a server shows that it is alive: whatever waits until it is tried again need not wait any longer. */
export interface ServerSigns {
  noteAlive(server: ServerName): void;
}
