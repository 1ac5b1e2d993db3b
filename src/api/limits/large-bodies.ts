import { MatrixError } from "../../protocol/matrix-error.ts";

/** Bytes: a body with more is a large one. */
export const largeBody = 1024 * 1024;

/** Large bodies under way at once, of one address, and their bytes in all. */
const mostPerAddress = 2;
const mostBytes = 64 * 1024 * 1024;

/** Ms after which it is worth another attempt: a large body takes about so long. */
const usualTime = 2000;

/**
 * A body's place among those under way. It is taken until the request has ended and nothing works on the body any more:
 * who hangs up does not thereby make room for the next while this one's signature is being verified.
 */
export class BodyPlace {
  /** The request, and what works on its body. */
  #holders = 1;
  #free: (() => void) | undefined;

  constructor(free: () => void) {
    this.#free = free;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#holders++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Called once, however the request has ended. */
  end(): void {
    this.#leave();
  }

  #leave(): void {
    if (--this.#holders > 0) return;
    this.#free?.();
    this.#free = undefined;
  }
}

/** The large bodies under way in this process: anybody can send one before it is known who has signed it. */
export class LargeBodies {
  readonly #ofAddress = new Map<string, number>();
  #bytes = 0;

  /**
   * Makes room for a body before it is read.
   *
   * @param address whom it counts for
   * @param mayHave bytes that it may have; one that may have more than there is room for in all takes all of it
   * @throws MatrixError 429 `M_LIMIT_EXCEEDED` with `retry_after_ms`
   */
  admit(address: string, mayHave: number): BodyPlace {
    const bytes = Math.min(mayHave, mostBytes);
    const count = this.#ofAddress.get(address) ?? 0;
    if (count >= mostPerAddress || this.#bytes + bytes > mostBytes) {
      throw new MatrixError("M_LIMIT_EXCEEDED", "Too many large requests are under way", {
        fields: { retry_after_ms: usualTime },
      });
    }
    this.#ofAddress.set(address, count + 1);
    this.#bytes += bytes;
    return new BodyPlace(() => this.#free(address, bytes));
  }

  #free(address: string, bytes: number): void {
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#ofAddress.set(address, left);
    else this.#ofAddress.delete(address);
    this.#bytes -= bytes;
  }
}
