import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { RemoteFailure } from "./remote-answer.ts";

export interface TransactionGateway {
  /**
   * Sends a transaction; never rejects. https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid
   *
   * @param body JSON text
   * @param signal calls it off
   * @returns `undefined` when the server has taken it
   */
  sendTransaction(
    destination: ServerName,
    transactionId: string,
    body: string,
    signal: AbortSignal,
  ): Promise<RemoteFailure | undefined>;
}
