/** The time from a process's start to its death. */
export class ProcessLife {
  readonly #end = Promise.withResolvers<undefined>();
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  /** It has died: nothing of it is answered any more. */
  finish(): void {
    this.#over = true;
    this.#end.resolve(undefined);
  }

  /** What the process answers, or `undefined` when it dies first; a dying process's errors are nobody's. */
  async answer<T>(work: Promise<T>): Promise<T | undefined> {
    const living = work.then(
      (answer) => (this.#over ? undefined : answer),
      (error: unknown) => {
        if (this.#over) return undefined;
        throw error;
      },
    );
    return Promise.race([living, this.#end.promise]);
  }
}
