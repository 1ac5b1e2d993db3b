/** Somebody waits at it, until others ring. A ring while nobody waits is kept; one is as good as many. */
export class Bell {
  #rung = false;
  #answer: () => void = () => undefined;

  get isRung(): boolean {
    return this.#rung;
  }

  ring(): void {
    this.#rung = true;
    this.#answer();
  }

  /** What rang before has been heard. */
  quiet(): void {
    this.#rung = false;
  }

  /**
   * Resolves once it has rung since it was quiet, when `signal` is aborted, or after so many ms.
   * One may wait at a time.
   */
  wait(signal: AbortSignal, milliseconds?: number): Promise<void> {
    if (this.#rung || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const goOn = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", goOn);
        this.#answer = () => undefined;
        resolve();
      };
      if (milliseconds !== undefined) timer = setTimeout(goOn, milliseconds);
      signal.addEventListener("abort", goOn);
      this.#answer = goOn;
    });
  }
}
