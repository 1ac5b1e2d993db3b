import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { RemoteAnswer } from "./remote-answer.ts";

/** What keys are fetched for: to verify a request, or to tell somebody who asks this server as a notary. */
export type KeyPurpose = "request" | "notary";

/**
 * Where the keys of servers are had. Requests in flight together are one, a server that has just failed is not asked again at
 * once, and there are never more than a bounded number on their way: whoever makes a request can name any server. Nothing
 * here rejects.
 */
export interface KeyServers {
  /**
   * What the server says of its own keys. https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server
   * @param isKnown whether keys of it were had before: for such servers there is room that names made up do not take
   * @param purpose each has room of its own: who asks the notary takes none of what verifies requests
   */
  fetchKeys(server: ServerName, isKnown: boolean, purpose: KeyPurpose): Promise<RemoteAnswer>;
  /**
   * What a notary says of a server's keys. https://spec.matrix.org/v1.19/server-server-api/#post_matrixkeyv2query
   * @param minimumValidUntil ms since the epoch
   */
  askNotary(notary: ServerName, server: ServerName, keyId: string, minimumValidUntil: number): Promise<RemoteAnswer>;
}
