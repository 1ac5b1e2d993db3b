/**
 * Strictly one after another: whoever holds a connection holds it until its work is done.
 * The work awaits only its stores, so a turn is a run of microtasks and nobody waits for I/O.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
