/** https://spec.matrix.org/v1.19/server-server-api/#transactions */
const mostEdus = 100;
/** Bytes of EDUs: servers and the proxies before them take bodies of a mebibyte. */
const mostBytes = 512 * 1024;

/** The EDUs of a transaction that is being made: within its bounds, and always room for a first one. */
export class EduList {
  readonly #texts: string[] = [];
  #bytes = 0;

  /** How many more there may be. */
  get room(): number {
    return mostEdus - this.#texts.length;
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /**
   * @param text JSON text of an EDU
   * @returns false when it is too much, and was not added
   */
  add(text: string): boolean {
    const bytes = this.#bytes + Buffer.byteLength(text);
    if (this.room === 0 || (bytes > mostBytes && !this.isEmpty)) return false;
    this.#texts.push(text);
    this.#bytes = bytes;
    return true;
  }

  /** As a JSON array. */
  get text(): string {
    return `[${this.#texts.join(",")}]`;
  }
}
