import type { Account } from "../../../examples/matrix-client.ts";
import { Connection } from "./connection.ts";

export interface TimedAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the parsed body, looked into freely.
  readonly body: any;
  /** Ms from sending the request to the end of the answer. */
  readonly wait: number;
}

/** A logged-in device with one connection of its own. */
export class LoadClient {
  readonly account: Account;
  readonly #connection: Connection;

  constructor(url: string, account: Account) {
    this.account = account;
    this.#connection = new Connection(url);
  }

  /** @param path behind `/_matrix/client/v3` */
  async post(path: string, body: object): Promise<TimedAnswer> {
    const headers = { authorization: `Bearer ${this.account.accessToken}` };
    const answer = await this.#connection.send("POST", `/_matrix/client/v3${path}`, headers, JSON.stringify(body));
    return { status: answer.status, body: JSON.parse(answer.text), wait: answer.wait };
  }

  close(): void {
    this.#connection.close();
  }
}
