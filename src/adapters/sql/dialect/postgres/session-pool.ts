import type { SqlSession } from "../../session.ts";
import { PostgresSession } from "./postgres-session.ts";
import type { Transaction } from "./transaction.ts";

/** A session, and the stores that stand on it. */
export interface StoreSession<Stores> {
  readonly session: PostgresSession;
  readonly stores: Stores;
}

/** Sessions that are free: there are as many as were ever needed at once. */
export class SessionPool<Stores> {
  readonly #createStores: (session: SqlSession) => Stores;
  readonly #free: StoreSession<Stores>[] = [];

  constructor(createStores: (session: SqlSession) => Stores) {
    this.#createStores = createStores;
  }

  enter(transaction: Transaction): StoreSession<Stores> {
    const entered = this.#free.pop() ?? this.#create();
    entered.session.enter(transaction);
    return entered;
  }

  /** With `failed` the session is not used again: a call that its work has left behind must not reach the next one. */
  leave(left: StoreSession<Stores>, failed: boolean): void {
    left.session.leave();
    if (!failed) this.#free.push(left);
  }

  #create(): StoreSession<Stores> {
    const session = new PostgresSession();
    return { session, stores: this.#createStores(session) };
  }
}
