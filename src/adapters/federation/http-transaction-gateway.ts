import type { RemoteFailure } from "../../domain/federation-out/remote-answer.ts";
import type { ServerSigns } from "../../domain/federation-out/remote-servers.ts";
import type { TransactionGateway } from "../../domain/federation-out/transaction-gateway.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { FederationRequests } from "./federation-requests.ts";
import type { RequestSlots } from "./request-slots.ts";

/** Bytes of an answer that are read; nothing is looked for in them. */
const mostBytes = 262_144;

export interface TransactionGatewayDeps {
  readonly requests: FederationRequests;
  readonly slots: RequestSlots;
  readonly signs: ServerSigns;
  /** Ms that a transaction may take. */
  readonly timeout: number;
}

/** Sends transactions. A status of 200 decides, whatever the body says: of EDUs there is nothing in it. */
export class HttpTransactionGateway implements TransactionGateway {
  readonly #deps: TransactionGatewayDeps;

  constructor(deps: TransactionGatewayDeps) {
    this.#deps = deps;
  }

  /** https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid */
  async sendTransaction(
    destination: ServerName,
    transactionId: string,
    body: string,
    signal: AbortSignal,
  ): Promise<RemoteFailure | undefined> {
    const { requests, slots, signs, timeout } = this.#deps;
    const path = `/_matrix/federation/v1/send/${encodeURIComponent(transactionId)}`;
    const request = { ...({ method: "PUT", path, mostBytes } as const), isSigned: true, body: { text: body } };
    const { answer, sign } = await requests.deadlines.run(
      timeout,
      (deadline) => requests.ask(destination, request, { slots, isKnown: true, deadline }),
      signal,
    );
    if (sign === "alive") signs.noteAlive(destination);
    return answer.failure?.status === 200 ? undefined : answer.failure;
  }
}
