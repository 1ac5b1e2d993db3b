import type { RemoteFailure } from "../../../domain/federation-out/remote-answer.ts";
import { unreadable } from "../request-failure.ts";

/** Bytes of all answers that are being read together, beyond which each may only be short. */
const mostBytesInAll = 268_435_456;
const short = 65_536;

/** Reads answers, so many bytes of each and of all of them together. */
export class BodyReader {
  #held = 0;

  /**
   * @param stream leaving it early ends the connection
   * @returns the body, or why it is not read; rejects when the connection ends
   */
  async read(stream: AsyncIterable<Buffer>, mostBytes: number): Promise<Buffer | RemoteFailure> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of stream) {
        chunks.push(chunk);
        bytes += chunk.length;
        this.#held += chunk.length;
        const bound = this.#held > mostBytesInAll ? Math.min(mostBytes, short) : mostBytes;
        if (bytes > bound) return unreadable(`its answer is longer than ${bound} bytes`);
      }
    } finally {
      this.#held -= bytes;
    }
    return Buffer.concat(chunks);
  }
}
